import type { ServerResponse } from "node:http";
import { expect } from "vitest";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { errorCode } from "#platform/errors.ts";
import { outcomeClasses } from "#webhooks/deliveries/index.ts";
import { workOnJob } from "#webhooks/jobs/index.ts";
import { workOnReplay } from "#webhooks/replays/index.ts";
import { countOrphans } from "#webhooks/statistics/index.ts";
import { type BellwireApi, createBellwireApi, openBellwireApi, test } from "../bellwire-api/bellwire-api-test.ts";
import { type Recount, readAllStatistics, recountAttempts } from "../statistics/recount.ts";
import { Random } from "../simulation/random.ts";
import { anEvent, feedsAreComplete, recordNow } from "../support/build-webhooks.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { until } from "../support/until.ts";

/** ACTIONS_SEED=17 repeats the choices of that seed; requests and deliveries still take turns of their own. */
const seed = Number(process.env["ACTIONS_SEED"] ?? 1);
/** ACTIONS=5000 takes that many. */
const actionCount = Number(process.env["ACTIONS"] ?? 400);
const clients = 4;

/** Sends what the people of a provider may do with deliveries, at the same time to the same ones. */
class RandomAdmin {
  readonly errors: string[] = [];
  readonly endpoints = new Set<number>();
  readonly #api: BellwireApi;
  readonly #url: string;
  readonly #random = new Random(seed);
  #deliveries: readonly string[] = [];
  #deletions: readonly number[] = [];
  #replays: readonly number[] = [];

  constructor(api: BellwireApi, url: string) {
    this.#api = api;
    this.#url = url;
  }

  async createEndpoint(): Promise<void> {
    const created = await this.#send("POST", "/endpoints", {
      name: `endpoint ${this.endpoints.size} ${this.#random.between(0, 1e9)}`,
      url: this.#url,
      event_types: ["*"],
      all_actors: true,
      timeout_seconds: 1,
      ordering: this.#one(["none", "account", "object"]),
      retry_waits_seconds: this.#one([[], [0], [0, 1]]),
    });
    this.endpoints.add(Number(created["id"]));
  }

  async act(): Promise<void> {
    const [endpoint, delivery] = [this.#one([...this.endpoints]), this.#one(this.#deliveries)];
    const onEndpoint = `/endpoints/${endpoint}`;
    const onDelivery = `/deliveries/${delivery}`;
    const filter = this.#one([{}, { endpoint_id: [endpoint] }, { state: ["failed"] }]);
    await this.#one([
      () => this.#record(),
      () => this.#record(),
      () => this.#record(),
      () => this.#list(),
      () => this.#send("POST", `${onDelivery}/${this.#one(["retry", "cancel", "skip", "undo_skip"])}`),
      () => this.#send("POST", `${onDelivery}/${this.#one(["retry", "cancel"])}`),
      () => this.#send("PATCH", onEndpoint, { active: this.#random.happens(0.6) }),
      () =>
        this.#send(
          "PATCH",
          onEndpoint,
          this.#one([{ ordering: this.#one(["none", "account"]) }, { max_in_flight: this.#one([null, 1]) }]),
        ),
      () => this.#deleteFailures(),
      () => this.#send("POST", `/failures/deletions/${this.#one(this.#deletions)}/undo`),
      () => this.#send("POST", "/failures/retry", { all: true }),
      () => this.#send("POST", "/jobs", { kind: this.#one(["retry", "cancel"]), filter }),
      () => this.#replay(endpoint),
      () => this.#send("POST", `/replays/${this.#one(this.#replays)}/cancel`),
      () => this.#deleteEndpoint(endpoint),
    ])?.();
  }

  async activateAll(): Promise<void> {
    for (const id of this.endpoints)
      await this.#send("PATCH", `/endpoints/${id}`, { active: true, max_in_flight: null });
  }

  #one<Value>(values: readonly Value[]): Value | undefined {
    return values[this.#random.between(0, values.length - 1)];
  }

  async #record(): Promise<void> {
    const events = Array.from({ length: 3 }, () => anEvent({ accountId: this.#random.between(31, 33) }));
    await recordNow(this.#api.pool, { providerId: this.#api.provider.id }, events);
  }

  async #list(): Promise<void> {
    const state = this.#one(["", "?state=pending", "?state=failed", "?state=delivered", "?state=cancelled"]);
    const { data } = await this.#send("GET", `/deliveries${state}`);
    this.#deliveries = Array.isArray(data) ? data.map(({ id }: { id: string }) => id) : [];
  }

  async #deleteFailures(): Promise<void> {
    const { deletion_id: id } = await this.#send("DELETE", "/failures?all=true");
    if (typeof id === "number") this.#deletions = [...this.#deletions, id];
  }

  async #replay(endpoint: number | undefined): Promise<void> {
    const since = new Date(systemClock.now().getTime() - 20_000).toISOString();
    const values = { endpoint_id: endpoint, since, only: this.#one(["failed", "missing", "all"]) };
    const { id } = await this.#send("POST", "/replays", values);
    if (typeof id === "number") this.#replays = [...this.#replays, id];
  }

  async #deleteEndpoint(endpoint: number | undefined): Promise<void> {
    if (endpoint === undefined || this.endpoints.size < 3) return;
    this.endpoints.delete(endpoint);
    await this.#send("DELETE", `/endpoints/${endpoint}`);
    if (this.#random.happens(0.3)) return this.createEndpoint();
    await this.#send("POST", `/endpoints/${endpoint}/undo_delete`);
    this.endpoints.add(endpoint);
  }

  async #send(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    payload?: object,
  ): Promise<Record<string, unknown>> {
    const { statusCode, body } = await this.#api.call(method, path, payload ? { payload } : {});
    if (statusCode >= 500) this.errors.push(`${method} ${path}: ${statusCode} ${body}`);
    return body === "" ? {} : JSON.parse(body);
  }
}

type Respond = (response: ServerResponse) => void;

const responses: readonly [Respond, ...Respond[]] = [
  (response) => response.writeHead(200).end(),
  (response) => response.writeHead(200).end(),
  (response) => response.writeHead(503).end(),
  (response) => response.writeHead(404).end(),
  (response) => response.destroy(),
  (response) => void systemClock.sleep(100).then(() => response.writeHead(200).end()),
];

/** Works on jobs and replays as an engine process does, which repeats a step that was the victim of a deadlock. */
async function step(pool: Pool): Promise<boolean> {
  try {
    return (await workOnJob(pool)) || (await workOnReplay(pool));
  } catch (error) {
    if (errorCode(error) !== "40P01") throw error;
    return true;
  }
}

const openWorkStatement = `
  select (select count(*) from due join endpoints on endpoints.id = due.endpoint_id where deleted_at is null)
    + (select count(*) from jobs where finished_at is null) + (select count(*) from replays where finished_at is null) as left`;

/** Deliveries in two lists, in none, or with another number of attempts than they have. Those of deleted endpoints may still be due. */
const contradictionsStatement = `
  select delivery.event_id, delivery.endpoint_id, delivery.state
  from deliveries delivery
  left join failures failure using (provider_id, event_id, endpoint_id)
  where (failure.event_id is not null and delivery.state <> 'failed')
    or not exists (select from due where due.event_id = delivery.event_id and due.endpoint_id = delivery.endpoint_id)
      and delivery.attempts_made <> (delivery.first_at is not null)::integer + (select count(*) from attempts attempt
      where attempt.provider_id = delivery.provider_id and attempt.event_id = delivery.event_id
        and attempt.endpoint_id = delivery.endpoint_id)
  union all
  select failure.event_id, failure.endpoint_id, 'unknown'
  from failures failure
  where not exists (select from deliveries delivery where delivery.provider_id = failure.provider_id
    and delivery.event_id = failure.event_id and delivery.endpoint_id = failure.endpoint_id)`;

test(
  "after any actions at once, every delivery ends, and lists and statistics agree with its attempts",
  { timeout: 180_000 },
  async ({ database, receiver }) => {
    await using stack = new AsyncDisposableStack();
    const opened = openBellwireApi(database, systemClock);
    stack.defer(opened.close);
    const api = await createBellwireApi(database, opened.http, systemClock.now());
    const admin = new RandomAdmin(api, receiver.url);
    const chance = new Random(seed + 1);
    receiver.answer((response) => chance.pick(responses)(response));
    for (let count = 0; count < 3; count += 1) await admin.createEndpoint();
    {
      await using _engine = await startTestEngine(database);
      let left = actionCount;
      const act = async (): Promise<void> => {
        for (; left > 0; left -= 1) await admin.act();
      };
      let isOver = false;
      const work = async (): Promise<void> => {
        while (!isOver) if (!(await step(database))) await systemClock.sleep(20);
      };
      const working = work();
      await Promise.all(Array.from({ length: clients }, act));
      receiver.answer(200);
      await admin.activateAll();
      await until(async () => (await countOpenWork(database)) === 0, { withinMs: 60_000 });
      isOver = true;
      await working;
    }
    await feedsAreComplete(database);
    await countOrphans(database);

    expect(admin.errors).toEqual([]);
    expect(await database.query(contradictionsStatement)).toEqual([]);
    const providerId = api.provider.id;
    expect(attemptsOf(await readAllStatistics(database, providerId))).toEqual(
      attemptsOf(await recountAttempts(database, providerId)),
    );
    expect(receiver.received.length).toBeGreaterThan(actionCount);
  },
);

/** The numbers that say nothing of what became of the deliveries: of those cancelled or retried later, the history no longer knows. */
const attemptsOf = (recount: Recount) =>
  Object.fromEntries(
    Object.entries(recount).map(([key, totals]) => [
      key,
      [...outcomeClasses, "retries", "latencies"].map((name) => totals[name]),
    ]),
  );

async function countOpenWork(pool: Pool): Promise<number> {
  const [row] = await pool.query<{ left: number }>(openWorkStatement);
  return row?.left ?? 0;
}
