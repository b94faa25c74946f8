import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { expect } from "vitest";
import { itemsAt, valueAt } from "../chaos/api-client.ts";
import type { Receiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";
import { type Answer, type CellProvider, askProvider, signUp } from "./installation.ts";

/** Subscribes the receiver to all events, in order of each account. */
export async function createOrderedEndpoint(url: string, provider: CellProvider, receiverUrl: string): Promise<void> {
  const endpoint = {
    name: "ordered",
    url: receiverUrl,
    event_types: ["*"],
    format: "json",
    ordering: "account",
    provider_actions: true,
    all_actors: true,
  };
  expect(await askProvider(url, provider, "POST", "/api/v1/endpoints", endpoint)).toMatchObject({ status: 201 });
}

/** How long a request is retried after a 503, as clients do. */
const retriesMs = 30_000;

const loops = 3;
/** Between two requests of a loop: without it, the work of a test would grow with the machine's speed. */
const pauseMs = 20;

/** Continuously signs up developers, changes their accounts and their applications' plans, and follows the event feed. */
export class MoveLoad implements AsyncDisposable {
  readonly failures: string[] = [];
  /** Ids of events in the order of the feed. */
  readonly followed: string[] = [];
  slowestMs = 0;
  /** Answers 503. */
  refused = 0;
  /** Requests without an answer. Whether they changed anything is unknown. */
  unanswered = 0;
  /** Accounts whose creation was acknowledged. */
  readonly accountIds: number[] = [];
  #changes = 0;
  #isStopped = false;
  #isOver = false;
  readonly #url: string;
  readonly #provider: CellProvider;
  readonly #mayBeKilled: boolean;
  readonly #changing: readonly Promise<void>[];
  readonly #following: Promise<void>;

  private constructor(url: string, provider: CellProvider, mayBeKilled: boolean) {
    this.#url = url;
    this.#provider = provider;
    this.#mayBeKilled = mayBeKilled;
    this.#changing = Array.from({ length: loops }, (_, loop) => this.#change(loop));
    this.#following = this.#follow();
  }

  /** @param mayBeKilled the process that serves requests may be killed, and its clients get no answer */
  static start(url: string, provider: CellProvider, { mayBeKilled = false } = {}): MoveLoad {
    return new MoveLoad(url, provider, mayBeKilled);
  }

  get accounts(): number {
    return this.accountIds.length;
  }

  /** Resolves when as many more changes have succeeded. */
  async waitForChanges(changes: number): Promise<void> {
    const enough = this.#changes + changes;
    await until(() => this.#changes >= enough || this.failures.length > 0, { withinMs: 90_000 });
  }

  /** Stops the changes, and follows the feed to its end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#changing);
    this.#isOver = true;
    await this.#following;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #change(loop: number): Promise<void> {
    for (let number = 0; !this.#isStopped; number += 1) {
      const name = `developer-${loop}-${number}`;
      const signedUp = await this.#sendRequest(() => signUp(this.#url, this.#provider, name), 201);
      if (!signedUp) continue;
      const id = Number(valueAt(JSON.parse(signedUp.body), "account", "id"));
      this.accountIds.push(id);
      for (const round of [1, 2])
        await this.#ask("PUT", `/accounts/${id}`, { org_name: `${name}, changed ${round} times` });
      await this.#replacePlan(`/accounts/${id}/applications`);
    }
  }

  /** Gives the developer's application a plan of its own, which is deleted when the application leaves it. */
  async #replacePlan(applications: string): Promise<void> {
    const listed = await this.#ask("GET", applications);
    const [first] = itemsAt(listed ? JSON.parse(listed.body) : {}, "applications");
    if (!first) return;
    const application = `${applications}/${String(valueAt(first, "application", "id"))}`;
    for (const action of ["customize_plan", "decustomize_plan"]) await this.#ask("PUT", `${application}/${action}`);
  }

  #ask(method: string, path: string, values?: Readonly<Record<string, unknown>>): Promise<Answer | undefined> {
    return this.#sendRequest(
      () => askProvider(this.#url, this.#provider, method, `/admin/api${path}.json`, values),
      200,
    );
  }

  /** Follows the feed with its cursor. Each read continues at the cursor of the one before, in any cell. */
  async #follow(): Promise<void> {
    let after = "";
    for (let isLast = false; ;) {
      const path = `/api/v1/events?order=oldest&limit=100${after}`;
      const answer = await this.#sendRequest(() => askProvider(this.#url, this.#provider, "GET", path), 200);
      const body: unknown = answer ? JSON.parse(answer.body) : undefined;
      const events = itemsAt(body, "data");
      for (const event of events) this.followed.push(String(valueAt(event, "id")));
      const next = valueAt(body, "next");
      if (typeof next === "string") after = `&after=${encodeURIComponent(next)}`;
      if (isLast && events.length === 0) return;
      isLast = this.#isOver;
      await sleep(50);
    }
  }

  async #sendRequest(send: () => Promise<Answer>, expected: number): Promise<Answer | undefined> {
    const startedMs = performance.now();
    for (;;) {
      const answer = await send().catch((error: unknown) => ({ status: 0, body: String(error) }));
      const tookMs = performance.now() - startedMs;
      if (answer.status === 503 && tookMs < retriesMs) {
        this.refused += 1;
        await sleep(100);
        continue;
      }
      if (answer.status === 0 && this.#mayBeKilled) {
        this.unanswered += 1;
        await sleep(100);
        return undefined;
      }
      this.slowestMs = Math.max(this.slowestMs, tookMs);
      if (answer.status === expected) {
        this.#changes += 1;
        await sleep(pauseMs);
        return answer;
      }
      this.failures.push(`${answer.status} ${answer.body}`);
      return undefined;
    }
  }
}

/** Compares the events of the feed with the requests of the receiver: each once, in order of its account. */
export async function compareWithReceiver(
  load: MoveLoad,
  receiver: Receiver,
  path = "",
  { mayRepeat = false } = {},
): Promise<void> {
  const requests = () => receiver.received.filter((request) => request.path.endsWith(path));
  const ids = () => requests().map(({ headers }) => String(headers["webhook-id"]));
  const recorded = new Set(load.followed);
  const isComplete = (): boolean => {
    const received = new Set(ids());
    return [...recorded].every((id) => received.has(id));
  };
  await until(isComplete, { withinMs: 60_000 }).catch(() => undefined); // the comparison below names the missing events
  const received = ids();
  const repeated = received.length - new Set(received).size;
  expect({
    changes: load.accounts > 0,
    followedTwice: load.followed.length - recorded.size,
    lost: [...recorded].filter((id) => !received.includes(id)),
    unknown: [...new Set(received)].filter((id) => !recorded.has(id)),
    repeated: mayRepeat ? 0 : repeated,
    outOfOrder: countOutOfOrder(requests()),
  }).toEqual({ changes: true, followedTwice: 0, lost: [], unknown: [], repeated: 0, outOfOrder: 0 });
}

/** Returns the requests that came after an earlier one of the same event, with the time of that one. */
export function findRepeats(
  requests: Receiver["received"],
): readonly { readonly firstMs: number; readonly atMs: number }[] {
  const first = new Map<string, number>();
  return requests.flatMap(({ headers, atMs }) => {
    const id = String(headers["webhook-id"]);
    const firstMs = first.get(id);
    if (firstMs === undefined) first.set(id, atMs);
    return firstMs === undefined ? [] : [{ firstMs, atMs }];
  });
}

/** Counts first requests of an event that came after a later event of the same account. */
function countOutOfOrder(requests: Receiver["received"]): number {
  const last = new Map<string, number>();
  const ids = new Set<string>();
  let outOfOrder = 0;
  for (const { headers, body } of requests) {
    const id = String(headers["webhook-id"]);
    if (ids.has(id)) continue;
    ids.add(id);
    const data: unknown = JSON.parse(body);
    const account = String(valueAt(data, "data", "account", "id"));
    const sequence = Number(valueAt(data, "data", "sequence"));
    if (sequence <= (last.get(account) ?? 0)) outOfOrder += 1;
    last.set(account, Math.max(sequence, last.get(account) ?? 0));
  }
  return outOfOrder;
}

/** Returns the number of a provider's rows per table, without empty tables. */
export async function countRows(url: string, providerId: number): Promise<Readonly<Record<string, number>>> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string; owner: string }>(
      `select relname as name, attname as owner from pg_class
       join pg_attribute on attrelid = pg_class.oid and attname = case relname when 'providers' then 'id' else 'provider_id' end
       where relnamespace = 'bellwire'::regnamespace and relkind in ('r', 'p') and not relispartition`,
    );
    const counts: Record<string, number> = {};
    for (const { name, owner } of tables) {
      const count = `select count(*)::integer as count from bellwire.${name} where ${owner} = $1`;
      const { rows } = await client.query<{ count: number }>(count, [providerId]);
      const rowCount = rows[0]?.count ?? 0;
      if (rowCount > 0) counts[name] = rowCount;
    }
    return counts;
  } finally {
    await client.end();
  }
}
