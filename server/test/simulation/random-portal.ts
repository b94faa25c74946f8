import { itemsAt, valueAt } from "../chaos/api-client.ts";
import type { Random } from "./random.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Sends a request of a provider's admin. Without an answer, the status is 0. */
export type Send = (
  method: Method,
  path: string,
  payload?: object,
) => Promise<{ readonly status: number; readonly body: unknown }>;

/** Sends random changes to a few objects, many of them at the same time to the same one. Its words are few, so that some collide. */
export class RandomPortal {
  readonly #send: Send;
  readonly #random: Random;
  readonly #accounts = new Set<string>();
  readonly #users = new Set<string>();
  readonly #applications = new Set<string>();
  #plansOfService = "";
  #accountPlans: readonly number[] = [];
  #plans: readonly number[] = [];

  constructor(send: Send, random: Random) {
    this.#send = send;
    this.#random = random;
  }

  async prepare(): Promise<void> {
    const { body } = await this.#send("GET", "/admin/api/services.json");
    this.#plansOfService = `/admin/api/services/${String(valueAt(body, "services", 0, "service", "id"))}/application_plans`;
    for (const name of ["Silver", "Gold"]) {
      await this.#send("POST", `${this.#plansOfService}.json`, { name, approval_required: name === "Gold" });
      await this.#send("POST", "/admin/api/account_plans.json", { name, approval_required: name === "Gold" });
    }
    const idsAt = async (path: string, name: string): Promise<number[]> => {
      const plans = itemsAt((await this.#send("GET", path)).body, "plans");
      return plans.map((plan) => Number(valueAt(plan, name, "id")));
    };
    this.#plans = await idsAt(`${this.#plansOfService}.json`, "application_plan");
    this.#accountPlans = await idsAt("/admin/api/account_plans.json", "account_plan");
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
      () => this.#changePlans(),
    ]);
    await change?.();
  }

  /** Sends what only the Bellwire API offers. */
  async operate(): Promise<void> {
    const [accounts, applications] = [this.#accounts, this.#applications].map((known) => [...known].map(idIn));
    const [account, application] = [this.#one(accounts ?? []), this.#one(applications ?? [])];
    const operation = this.#one([
      () => this.#send("POST", `/api/v1/accounts/${account}/${this.#one(["suspend", "resume"])}`),
      () => this.#send("POST", `/api/v1/applications/${application}/${this.#one(["reject", "regenerate_user_key"])}`),
      () => this.#send("POST", `/api/v1/applications/${application}/regenerate_key`, { key: `${this.#word()}-key` }),
      () =>
        this.#send("POST", "/api/v1/accounts/bulk", {
          ids: accounts,
          ...this.#one([
            { operation: this.#one(["approve", "make_pending", "reject", "suspend", "resume"]) },
            { operation: "change_plan", plan_id: this.#one(this.#accountPlans) },
          ]),
        }),
      () =>
        this.#send("POST", "/api/v1/applications/bulk", {
          ids: applications,
          ...this.#one([
            { operation: this.#one(["accept", "suspend", "resume"]) },
            { operation: "change_plan", plan_id: this.#one(this.#plans) },
          ]),
        }),
    ]);
    await operation?.();
  }

  /** Creates a plan and deletes another one, but none of the first three. */
  async #changePlans(): Promise<void> {
    const id = await this.#create(`${this.#plansOfService}.json`, { name: this.#word() });
    const deleted = this.#one(this.#plans.slice(3));
    this.#plans = [...this.#plans, ...(id === undefined ? [] : [id])].filter((plan) => plan !== deleted);
    if (deleted !== undefined) await this.#send("DELETE", `${this.#plansOfService}/${deleted}.json`);
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
    const id = await this.#create("/admin/api/signup.json", values);
    if (id !== undefined) this.#accounts.add(`/admin/api/accounts/${id}`);
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
    const { status, body } = await this.#send("POST", path, payload);
    if (status < 200 || status > 299 || typeof body !== "object" || body === null) return undefined;
    const [created] = Object.values(body);
    return Number(valueAt(created, "id"));
  }
}

const idIn = (path: string): number => Number(path.split("/").at(-1));
