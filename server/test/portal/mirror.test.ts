import { expect } from "vitest";
import { renderXml } from "#platform/xml.ts";
import { type EventSummary, followEvents, readEvent, startOfFeed } from "#webhooks/events/index.ts";
import { type ProviderApi, test } from "../api/api-test.ts";
import { Random } from "../simulation/random.ts";
import { feedsAreComplete } from "../support/build-webhooks.ts";

/** MIRROR_SEED=17 repeats the choices of that seed; concurrent requests still finish in an order of their own. */
const seed = Number(process.env["MIRROR_SEED"] ?? 1);
/** MIRROR_STEPS=5000 makes that many requests. */
const steps = Number(process.env["MIRROR_STEPS"] ?? 300);
const clients = 8;

/** Sends random changes to a few objects, many of them at the same time to the same one. Its words are few, so that some collide. */
class RandomClient {
  readonly failures: string[] = [];
  readonly #api: ProviderApi;
  readonly #random = new Random(seed);
  readonly #accounts = new Set<string>();
  readonly #users = new Set<string>();
  readonly #applications = new Set<string>();
  #accountPlans: readonly number[] = [];
  #plans: readonly number[] = [];

  constructor(api: ProviderApi) {
    this.#api = api;
  }

  async prepare(): Promise<void> {
    const { services } = (await this.#api.send("GET", "/services.json")).json();
    const plansOfService = `/services/${services[0].service.id}/application_plans`;
    for (const name of ["Silver", "Gold"]) {
      await this.#create(`${plansOfService}.json`, { name, approval_required: name === "Gold" });
      await this.#create("/account_plans.json", { name, approval_required: name === "Gold" });
    }
    const listed = async (path: string) => (await this.#api.send("GET", path)).json().plans;
    this.#plans = (await listed(`${plansOfService}.json`)).map(
      (plan: IdOf<"application_plan">) => plan.application_plan.id,
    );
    this.#accountPlans = (await listed("/account_plans.json")).map(
      (plan: IdOf<"account_plan">) => plan.account_plan.id,
    );
  }

  async step(): Promise<void> {
    const [account, user, application] = [this.#accounts, this.#users, this.#applications].map((known) =>
      this.#one([...known]),
    );
    const change = this.#one([
      () => this.#signUp(),
      () =>
        this.#put(
          account,
          "",
          this.#one([
            { org_name: this.#word() },
            { org_name: "" },
            { monthly_billing_enabled: this.#random.happens(0.5) },
          ]),
        ),
      () => this.#put(account, this.#one(["/approve", "/reject", "/make_pending"])),
      () => this.#put(account, "/change_plan", { plan_id: this.#one(this.#accountPlans) }),
      () => this.#add(this.#users, account, "users", { username: this.#word(), email: `${this.#word()}@mirror.test` }),
      () => this.#put(user, "", this.#one([{ username: this.#word() }, { email: `${this.#word()}@mirror.test` }])),
      () => this.#put(user, this.#one(["/activate", "/admin", "/member", "/suspend", "/unsuspend"])),
      () =>
        this.#add(this.#applications, account, "applications", { plan_id: this.#one(this.#plans), name: this.#word() }),
      () => this.#put(application, "", this.#one([{ name: this.#word() }, { description: this.#word() }])),
      () =>
        this.#put(application, this.#one(["/accept", "/suspend", "/resume", "/customize_plan", "/decustomize_plan"])),
      () => this.#put(application, "/change_plan", { plan_id: this.#one(this.#plans) }),
      () => application && this.#create(`${application}/keys.json`, { key: `${this.#word()}-key` }),
      () => application && this.#send("DELETE", `${application}/keys/${this.#word()}-key.json`),
      () => this.#delete(this.#one([user, application, this.#random.happens(0.3) ? account : undefined])),
    ]);
    await change?.();
  }

  #one<Value>(values: readonly Value[]): Value | undefined {
    return values[this.#random.between(0, values.length - 1)];
  }

  #word(): string {
    return `word-${this.#random.between(0, 7)}`;
  }

  async #signUp(): Promise<void> {
    if (this.#accounts.size >= 4) return;
    const values = { org_name: this.#word(), username: this.#word(), email: `${this.#word()}@mirror.test` };
    const id = await this.#create("/signup.json", values);
    if (id !== undefined) this.#accounts.add(`/accounts/${id}`);
  }

  async #add(known: Set<string>, account: string | undefined, name: string, values: object): Promise<void> {
    const id = account === undefined ? undefined : await this.#create(`${account}/${name}.json`, values);
    if (id !== undefined) known.add(`${account}/${name}/${id}`);
  }

  async #delete(path: string | undefined): Promise<void> {
    if (path === undefined) return;
    for (const known of [this.#accounts, this.#users, this.#applications]) known.delete(path);
    await this.#send("DELETE", `${path}.json`);
  }

  async #put(path: string | undefined, action = "", payload: object = {}): Promise<void> {
    if (path !== undefined) await this.#send("PUT", `${path}${action}.json`, payload);
  }

  /** Returns the id of the created object, or undefined if the values were refused. */
  async #create(path: string, payload: object): Promise<number | undefined> {
    const created = await this.#send("POST", path, payload);
    const id = created === undefined ? undefined : /"id":(\d+)/.exec(created)?.[1];
    return id === undefined ? undefined : Number(id);
  }

  async #send(method: "POST" | "PUT" | "DELETE", path: string, payload: object = {}): Promise<string | undefined> {
    const { statusCode, body } = await this.#api.send(method, path, { payload });
    if (statusCode >= 500) this.failures.push(`${method} ${path}: ${statusCode} ${body}`);
    return statusCode < 300 ? body : undefined;
  }
}

type IdOf<Name extends string> = Readonly<Record<Name, { readonly id: number }>>;

async function readFeed({ pool, provider }: ProviderApi): Promise<readonly EventSummary[]> {
  await feedsAreComplete(pool);
  const events: EventSummary[] = [];
  let after = startOfFeed;
  for (;;) {
    const page = await followEvents(pool, { providerId: provider.id, after, limit: 7 });
    events.push(...page);
    const last = page.at(-1);
    if (!last) return events;
    after = last;
  }
}

const pathOf = ({ type, accountId, objectId }: EventSummary): string => {
  const [kind = ""] = type.split(".", 1);
  return kind === "account" ? `/accounts/${objectId}` : `/accounts/${accountId}/${kind}s/${objectId}`;
};

/** Removes an account's users and applications' plans: they have events of their own. */
const ownPart = (xml: string): string =>
  xml.startsWith("<account>")
    ? xml
        .replace(/<users>.*<\/users>/, "")
        .replaceAll(/<plan(?: [^>]*)?>(?:(?!<\/plan>).)*<service_id>.*?<\/plan>/g, "")
    : xml;

test("a mirror that a program builds from the feed alone equals the portal after concurrent changes", async ({
  api,
  clock,
}) => {
  const client = new RandomClient(api);
  await client.prepare();
  let left = steps;
  const run = async (): Promise<void> => {
    for (; left > 0; left -= 1) {
      await clock.advance(1000);
      await client.step();
    }
  };
  await Promise.all(Array.from({ length: clients }, run));
  const feed = await readFeed(api);

  const [mirror, numbers] = [new Map<string, EventSummary>(), new Map<number, number[]>()];
  for (const event of feed) {
    mirror.set(pathOf(event), event);
    numbers.set(event.accountId, [...(numbers.get(event.accountId) ?? []), event.sequence]);
  }
  for (const sequences of numbers.values()) expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  for (const [path, { id, type }] of mirror) {
    const { statusCode, body } = await api.send("GET", `${path}.xml`);
    const event = await readEvent(api.pool, api.provider.id, id);
    const mirrored = type.endsWith(".deleted") || !event ? "" : ownPart(renderXml(event.document));
    expect([path, type, statusCode === 200 ? ownPart(body.slice(body.indexOf("?>") + 2)) : ""]).toEqual([
      path,
      type,
      mirrored,
    ]);
  }
  expect(client.failures).toEqual([]);
  expect(feed.length).toBeGreaterThan(steps / 4);
});
