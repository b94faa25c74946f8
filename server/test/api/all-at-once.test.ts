import { expect } from "vitest";
import { operations } from "#http/account-management-api/index.ts";
import type { Operation } from "#http/account-management-api/operation.ts";
import { Random } from "../simulation/random.ts";
import { type ProviderApi, test } from "./api-test.ts";

/** AT_ONCE_SEED=17 repeats the choices of that seed; concurrent requests still finish in an order of their own. */
const seed = Number(process.env["AT_ONCE_SEED"] ?? 1);
/** AT_ONCE_STEPS=5000 makes that many requests. */
const steps = Number(process.env["AT_ONCE_STEPS"] ?? 600);
const clients = 6;

/** Operations on what developers use. The others could take away the access of the test itself. */
const changes = operations.filter(
  ({ method, path }) =>
    method !== "GET" &&
    /^\/(signup|accounts|services|\w+_plans|features|active_docs|fields_definitions|settings)\b/.test(path),
);

const objectsStatement = `
  select 'account' as kind, id, id as "accountId", null::bigint as "productId", null as text from accounts where provider_id = $1
  union all select 'user', id, account_id, null, null from users where provider_id = $1
  union all select 'application', application.id, account_id, product_id, value
    from applications application left join application_keys key on key.application_id = application.id
    where application.provider_id = $1
  union all select 'contract', id, account_id, product_id, null from service_subscriptions where provider_id = $1
  union all select kind, id, null, product_id, null from plans where provider_id = $1
  union all select 'product', id, null, id, null from products where provider_id = $1
  union all select 'feature', id, null, product_id, null from features where provider_id = $1
  union all select case when parent_id is null then 'metric' else 'method' end, id, null, product_id, null
    from metrics where provider_id = $1
  union all select 'limit', id, null, null, null from usage_limits where provider_id = $1
  union all select 'pricing_rule', id, null, null, null from pricing_rules where provider_id = $1
  union all select 'specification', id, null, product_id, null from api_specifications where provider_id = $1
  union all select 'field', id, null, null, null from fields_definitions where provider_id = $1
  order by 1, 2`;

interface Known {
  readonly kind: string;
  readonly id: number;
  readonly accountId: number | null;
  readonly productId: number | null;
  /** A key of an application. */
  readonly text: string | null;
}

class AnyChanges {
  readonly failures: string[] = [];
  readonly accepted = new Set<string>();
  readonly #api: ProviderApi;
  readonly #random: Random;
  #objects: readonly Known[] = [];

  constructor(api: ProviderApi, random: Random) {
    this.#api = api;
    this.#random = random;
  }

  async step(): Promise<void> {
    this.#objects = await this.#api.pool.query<Known>(objectsStatement, [this.#api.provider.id]);
    const operation = this.#one(changes);
    const { method, path } = operation;
    // Keeps a few accounts and products, so that requests meet.
    if (path === "/signup" && this.#count("account") > 8) return;
    if (path === "/services" && this.#count("product") > 3) return;
    if (method === "DELETE" && path === "/accounts/{id}" && this.#count("account") < 4) return;
    await this.#send(operation);
  }

  async #send(operation: Operation): Promise<void> {
    const path = this.#fill(operation);
    const payload = this.#bodyOf(operation);
    const { statusCode, body } = await this.#api.send(operation.method, `${path}.json`, { payload });
    if (statusCode < 300) this.accepted.add(operation.title);
    if (statusCode >= 500)
      this.failures.push(`${operation.method} ${path} ${JSON.stringify(payload)}: ${statusCode} ${body}`);
  }

  #fill({ path }: Operation): string {
    const target = this.#any(targetOf(path));
    const ids: Readonly<Record<string, string | number | null | undefined>> = {
      account_id: target?.accountId ?? this.#any("account")?.id,
      application_id: target?.id,
      service_id: target?.productId,
      ...Object.fromEntries(planKinds.map((kind) => [`${kind}_id`, this.#any(kind)?.id])),
      metric_id: this.#any("metric")?.id,
      key: target?.text,
      id: target?.id,
    };
    return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? 0));
  }

  #bodyOf({ body, path }: Operation): object {
    const [example] = body && "examples" in body && Array.isArray(body.examples) ? body.examples : [];
    const sent: Record<string, unknown> = { ...example };
    if (path === "/signup") Object.assign(sent, { username: `user-${this.#random.between(0, 99)}`, email: undefined });
    if (path.endsWith("/users")) Object.assign(sent, { username: `user-${this.#random.between(0, 99)}` });
    for (const name of ["plan_id", "account_plan_id", "service_plan_id", "application_plan_id"])
      if (body && name in body.properties && this.#random.happens(0.8)) sent[name] = this.#any(planOf(path, name))?.id;
    if (path.endsWith("/features")) sent["feature_id"] = this.#any("feature")?.id;
    if (path.includes("/features") && this.#random.happens(0.8)) sent["system_name"] = `f${this.#random.between(0, 9)}`;
    if (path.startsWith("/active_docs")) {
      const document = { apis: [this.#random.between(0, 9)] };
      Object.assign(sent, { body: JSON.stringify(document), service_id: this.#any("product")?.id });
      sent["system_name"] = `s${this.#random.between(0, 9)}`;
    }
    if (path.includes("/metrics") && this.#random.happens(0.8))
      sent["friendly_name"] = `M${this.#random.between(0, 9)}`;
    if (path.includes("/metrics") && this.#random.happens(0.8)) sent["system_name"] = `m${this.#random.between(0, 9)}`;
    if (body && "description" in body.properties) sent["description"] = `description ${this.#random.between(0, 9)}`;
    if (body && "state_event" in body.properties) sent["state_event"] = this.#random.happens(0.5) ? "publish" : "hide";
    return sent;
  }

  #count(kind: string): number {
    return this.#objects.filter((each) => each.kind === kind).length;
  }

  #any(kind: string): Known | undefined {
    const known = this.#objects.filter((each) => each.kind === kind);
    return known.length === 0 ? undefined : this.#one(known);
  }

  #one<Item>(items: readonly Item[]): Item {
    const item = items[this.#random.between(0, items.length - 1)];
    if (item === undefined) throw new Error("There is nothing to choose from.");
    return item;
  }
}

const planKinds = ["account_plan", "service_plan", "application_plan"];

/** Returns the kind of the object that a path leads to. */
function targetOf(path: string): string {
  if (path.includes("/features/")) return "feature";
  if (path.includes("/limits/")) return "limit";
  if (path.includes("/pricing_rules/")) return "pricing_rule";
  if (path.includes("/methods/")) return "method";
  if (path.includes("/metrics/")) return "metric";
  if (path.includes("/applications/")) return "application";
  if (path.includes("/users/")) return "user";
  if (/\/service_(contracts|subscriptions)\//.test(path)) return "contract";
  if (path.includes("/service_plans/")) return "service_plan";
  if (path.includes("/application_plans/")) return "application_plan";
  if (path.startsWith("/account_plans")) return "account_plan";
  if (path.startsWith("/fields_definitions")) return "field";
  if (path.startsWith("/active_docs")) return "specification";
  return path.startsWith("/services") ? "product" : "account";
}

const planOf = (path: string, parameter: string): string =>
  parameter === "plan_id"
    ? path.includes("/applications")
      ? "application_plan"
      : path.includes("/service_subscriptions")
        ? "service_plan"
        : "account_plan"
    : parameter.replace(/_id$/, "");

test("no changes at once fail with an internal error, and every object stays readable", async ({ api, clock }) => {
  const random = new Random(seed);
  const any = new AnyChanges(api, random);
  for (const name of ["Quay", "Pier", "Dock"])
    await api.send("POST", "/signup.json", {
      payload: { org_name: name, username: name, password: "a long password" },
    });
  let left = steps;
  const act = async (): Promise<void> => {
    for (; left > 0; left -= 1) {
      await clock.advance(1000);
      await any.step();
    }
  };
  await Promise.all(Array.from({ length: clients }, act));

  expect(any.failures).toEqual([]);
  for (const list of ["/accounts", "/applications", "/services", "/account_plans", "/application_plans"])
    expect([list, (await api.send("GET", `${list}.xml`)).statusCode]).toEqual([list, 200]);
  expect(any.accepted.size).toBeGreaterThan(changes.length / 3);
});
