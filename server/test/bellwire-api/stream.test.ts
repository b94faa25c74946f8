import { type IncomingMessage, get } from "node:http";
import type { FastifyInstance } from "fastify";
import { expect, onTestFinished } from "vitest";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { anEvent, buildEndpoint, recordIn, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";
import { type BellwireApi, openBellwireApi, createBellwireApi } from "./bellwire-api-test.ts";

interface Message {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Messages that a client of the stream received, and the last cursor. */
interface Client {
  readonly messages: readonly Message[];
  /** The number of messages before each cursor. */
  readonly marks: readonly number[];
  lastEventId(): string | undefined;
  isOver(): boolean;
}

const test = base
  .extend("http", async ({ sharedPool }, { onCleanup }) => {
    const { http, close } = openBellwireApi(sharedPool, systemClock);
    await http.listen({ host: "127.0.0.1", port: 0 });
    onCleanup(close);
    return http;
  })
  .extend("api", async ({ sharedPool, http }) => createBellwireApi(sharedPool, http, new Date()));

async function follow(http: FastifyInstance, api: BellwireApi, lastEventId?: string): Promise<Client> {
  const headers = {
    host: api.host,
    authorization: `Bearer ${api.token}`,
    ...(lastEventId ? { "last-event-id": lastEventId } : {}),
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(`${http.listeningOrigin}/api/v1/stream`, { headers }, resolve).once("error", reject);
    onTestFinished(() => {
      request.destroy();
    });
  });
  expect(answer.statusCode).toBe(200);
  const messages: Message[] = [];
  const marks: number[] = [];
  let [text, last, isOver]: [string, string | undefined, boolean] = ["", undefined, false];
  answer.setEncoding("utf8").on("error", () => undefined);
  answer.once("close", () => {
    isOver = true;
  });
  answer.on("data", (chunk: string) => {
    const blocks = (text + chunk).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const id = /^id: (.*)$/m.exec(block)?.[1];
      if (id !== undefined) marks.push(messages.length);
      last = id ?? last;
      const [, event, data] = /^event: (.*)\ndata: (.*)$/m.exec(block) ?? [];
      if (event && data) messages.push({ event, data: JSON.parse(data) });
    }
  });
  return { messages, marks, lastEventId: () => last, isOver: () => isOver };
}

/** Each id once: what is recorded while a client catches up is sent to it twice. */
const idsOf = ({ messages }: Client): readonly unknown[] => [
  ...new Set(messages.filter(({ event }) => event === "event").map(({ data }) => data["id"])),
];
const hasBegun = (client: Client) => until(() => client.lastEventId() !== undefined);

test("a stream sends a first attempt that succeeds", async ({ http, api, sharedPool }) => {
  await using receiver = await startReceiver();
  const { id: providerId } = api.provider;
  const endpointId = await buildEndpoint(sharedPool, { providerId, url: receiver.url });
  const client = await follow(http, api);
  await hasBegun(client);
  await using _engine = await startTestEngine(sharedPool);
  const [id] = await recordNow(sharedPool, { providerId });

  await until(() => client.messages.some(({ event }) => event === "attempt"));
  expect(client.messages.find(({ event }) => event === "attempt")).toMatchObject({
    data: { event_id: id, endpoint_id: endpointId, number: 1, status: 200, error: null },
  });
});

test("a stream sends an event, its failed attempt and the delivery's final state", async ({
  http,
  api,
  sharedPool,
}) => {
  const { id: providerId } = api.provider;
  const endpointId = await buildEndpoint(sharedPool, { providerId, url: "http://127.0.0.1:9/", retryWaitsSeconds: [] });
  const client = await follow(http, api);
  await hasBegun(client);
  await using _engine = await startTestEngine(sharedPool);
  const [id] = await recordNow(sharedPool, { providerId });

  await until(() => client.messages.some(({ event, data }) => event === "delivery" && data["state"] === "failed"));
  await until(() => client.messages.some(({ event }) => event === "attempt"));
  expect(idsOf(client)).toEqual([id]);
  const actor = { kind: "developer", user_id: 21, name: null };
  expect(client.messages).toContainEqual({ event: "event", data: expect.objectContaining({ id, actor }) });
  expect(client.messages).toContainEqual({
    event: "attempt",
    data: expect.objectContaining({ delivery_id: `${id}.${endpointId}`, number: 1, status: null }),
  });
});

test("a transaction that began earlier and commits later is not skipped", async ({ http, api, sharedPool }) => {
  const { id: providerId } = api.provider;
  const client = await follow(http, api);
  await hasBegun(client);
  const mayCommit = Promise.withResolvers<void>();
  const hasRecorded = Promise.withResolvers<string | undefined>();
  const late = sharedPool.inTransaction(async (tx) => {
    const [recorded] = await recordIn(tx, { providerId }, [anEvent({ accountId: 1 })]);
    hasRecorded.resolve(recorded?.id);
    await mayCommit.promise;
  });
  const lateId = await hasRecorded.promise;
  const [quickId] = await recordNow(sharedPool, { providerId }, [anEvent({ accountId: 2 })]);
  // The hub has polled since the quick commit. Sending that event now would skip the late one.
  await waitForPolls(sharedPool);
  const sentTooEarly = idsOf(client);

  mayCommit.resolve();
  await late;
  expect(sentTooEarly).toEqual([]);
  await until(() => idsOf(client).length === 2);
  expect(new Set(idsOf(client))).toEqual(new Set([lateId, quickId]));
});

/** Waits for two polls of the hub, half a second apart, by the database's clock. */
const waitForPolls = async (pool: Pool): Promise<void> => {
  await pool.query("select pg_sleep(1.1)");
};

test("reconnecting with the last event id sends all missed events", async ({ http, api, sharedPool }) => {
  const { id: providerId } = api.provider;
  const first = await follow(http, api);
  await hasBegun(first);
  const cursor = first.lastEventId();
  expect(cursor).toMatch(/^[\w-]{60,}$/); // not a transaction number, which would reveal the activity of other providers
  const many = Array.from({ length: 450 }, (_, objectId) => anEvent({ objectId }));
  const missed = await recordNow(sharedPool, { providerId }, many);

  const second = await follow(http, api, cursor);
  await until(() => idsOf(second).length === missed.length);
  expect(new Set(idsOf(second))).toEqual(new Set(missed));
});

/** Opens the API on a pool that runs the first statement about transactions only once `mayRun` has resolved. */
async function holdFirstSample(sharedPool: Pool, mayRun: Promise<unknown>) {
  let samples = 0;
  const secondAnswered = Promise.withResolvers<void>();
  const pool: Pool = {
    ...sharedPool,
    async query(statement, values) {
      if (!statement.includes("oldestRunning")) return sharedPool.query(statement, values);
      samples += 1;
      const sample = samples;
      if (sample === 1) await mayRun;
      const rows = await sharedPool.query<never>(statement, values);
      if (sample === 2) secondAnswered.resolve();
      return rows;
    },
  };
  const { http, close } = openBellwireApi(pool, systemClock);
  await http.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(close);
  return { http, secondAnswered: secondAnswered.promise };
}

test("an event is not skipped between the missed history and the next messages", async ({ http, api, sharedPool }) => {
  const first = await follow(http, api);
  await hasBegun(first);
  const recorded = Promise.withResolvers<void>();
  const slow = await holdFirstSample(sharedPool, recorded.promise);
  const second = await follow(slow.http, api, first.lastEventId());
  // The other one is not read while the first one waits, unless an event of this time may be skipped.
  await Promise.race([slow.secondAnswered, systemClock.sleep(300)]);
  const [id] = await recordNow(sharedPool, { providerId: api.provider.id });
  recorded.resolve();
  await until(() => idsOf(first).includes(id));
  const [later] = await recordNow(sharedPool, { providerId: api.provider.id });
  await until(() => idsOf(second).includes(later));
  expect(idsOf(second)).toContain(id);
});

// The sample is lower when a transaction of another database ends while it is compared.
test("what others have received is not skipped although a later sample of transactions is lower", async ({
  api,
  sharedPool,
}) => {
  let lowest: never[] | undefined;
  let isLow = false;
  const pool: Pool = {
    ...sharedPool,
    async query(statement, values) {
      const rows = await sharedPool.query<never>(statement, values);
      if (!statement.includes("oldestRunning")) return rows;
      lowest ??= rows;
      return isLow ? lowest : rows;
    },
  };
  const { http, close } = openBellwireApi(pool, systemClock);
  await http.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(close);
  const first = await follow(http, api);
  await hasBegun(first);
  const cursor = first.lastEventId();
  const [id] = await recordNow(sharedPool, { providerId: api.provider.id });
  await until(() => idsOf(first).includes(id) && first.lastEventId() !== cursor);
  isLow = true;
  const second = await follow(http, api, cursor);
  await until(() => idsOf(second).includes(id));
});

// For a moment, when a transaction of another database ends while it is compared; here, in every read of events.
test("no event is skipped if the oldest running transaction is lower in the read of events than before", async ({
  database,
  owner,
}) => {
  await owner.query("alter function transactions_horizon() rename to true_horizon");
  await owner.query(`
    create function transactions_horizon() returns bigint language sql stable
    return true_horizon() - case when current_query() like '%from events event%' then 1000000 else 0 end`);
  const { http, close } = openBellwireApi(database, systemClock);
  await http.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(close);
  const api = await createBellwireApi(database, http, new Date());
  const client = await follow(http, api);
  await hasBegun(client);
  const [id] = await recordNow(database, { providerId: api.provider.id });
  await until(() => idsOf(client).includes(id));
});

test("a stopping server closes a stream that begins meanwhile", async ({ api, sharedPool }) => {
  const hasStopped = Promise.withResolvers<void>();
  const { http } = await holdFirstSample(sharedPool, hasStopped.promise);
  const client = await follow(http, api);
  void http.close();
  hasStopped.resolve();
  await until(() => client.isOver());
});

test("an id that is not one of the provider's stream is refused, since events would be skipped", async ({
  http,
  api,
  sharedPool,
}) => {
  const other = await follow(http, await createBellwireApi(sharedPool, http, new Date()));
  await hasBegun(other);
  for (const id of ["019b2c1e-8694-739b-aea5-966c26f8ad91", other.lastEventId()]) {
    const headers = { host: api.host, authorization: `Bearer ${api.token}`, "last-event-id": id };
    const answer = await http.inject({ url: "/api/v1/stream", headers });
    expect([answer.statusCode, answer.json().code]).toEqual([400, "request-unreadable"]);
  }
});

test("a client that is far behind gets a cursor after each part, so that it need not begin again", async ({
  http,
  api,
  sharedPool,
}) => {
  const { id: providerId } = api.provider;
  const first = await follow(http, api);
  await hasBegun(first);
  const cursor = first.lastEventId();
  const missed: string[] = [];
  for (let part = 0; part < 5; part += 1) {
    const events = Array.from({ length: 150 }, (_, objectId) => anEvent({ objectId }));
    missed.push(...(await recordNow(sharedPool, { providerId }, events)));
  }

  const second = await follow(http, api, cursor);
  await until(() => idsOf(second).length === missed.length);
  const cursors = second.marks.filter((before) => before > 0 && before < missed.length);
  expect(cursors.length).toBeGreaterThan(2);
});

test("a stream sends the states of all deliveries, however many an event has", async ({ http, api, sharedPool }) => {
  const { id: providerId } = api.provider;
  for (let n = 0; n < 6; n += 1)
    await buildEndpoint(sharedPool, { providerId, name: `receiver ${n}`, url: "http://127.0.0.1:9/" });
  const client = await follow(http, api);
  await hasBegun(client);
  const events = Array.from({ length: 200 }, (_, objectId) => anEvent({ objectId }));
  await recordNow(sharedPool, { providerId }, events);

  const deliveries = () =>
    new Set(client.messages.flatMap(({ event, data }) => (event === "delivery" ? [data["id"]] : [])));
  await until(() => client.marks.some((before) => before > events.length));
  expect(deliveries().size).toBe(1200);
});

test("a stream sends nothing of another provider", async ({ http, api, sharedPool }) => {
  const otherApi = await createBellwireApi(sharedPool, http, new Date());
  const [client, other] = [await follow(http, api), await follow(http, otherApi)];
  await hasBegun(client);
  await hasBegun(other);
  await buildEndpoint(sharedPool, { providerId: otherApi.provider.id, url: "http://127.0.0.1:9/" });
  await otherApi.call("POST", "/endpoints", { payload: { name: "x", url: "http://127.0.0.1:9/?token=s3cret" } });
  await recordNow(sharedPool, { providerId: otherApi.provider.id });

  await until(() => idsOf(other).length === 1 && other.messages.some(({ event }) => event === "endpoint"));
  expect(client.messages).toEqual([]);
  expect(JSON.stringify(other.messages)).not.toContain("s3cret");
});

test("a stream sends deletions of its own provider's endpoints only", async ({ http, api, sharedPool }) => {
  const otherApi = await createBellwireApi(sharedPool, http, new Date());
  const [client, other] = [await follow(http, api), await follow(http, otherApi)];
  await hasBegun(client);
  await hasBegun(other);
  const created = await api.call("POST", "/endpoints", { payload: { name: "x", url: "http://127.0.0.1:9/" } });
  const { id } = created.json();
  await api.call("DELETE", `/endpoints/${id}`);

  await until(() => client.messages.some(({ event }) => event === "endpoint_deleted"));
  expect(client.messages.at(-1)).toEqual({ event: "endpoint_deleted", data: { id } });
  expect(other.messages).toEqual([]);
});

test.for(["missed", "unreadable"])(
  "a stream ends for a reconnect if changes of endpoints are %s",
  async (how, { sharedPool }) => {
    const listeners: ((values: readonly string[]) => void)[] = [];
    const pool: Pool = {
      ...sharedPool,
      onHint(channel, listener) {
        if (channel === "endpoints") listeners.push(listener);
        return sharedPool.onHint(channel, listener);
      },
      query(statement, values) {
        if (how === "unreadable" && statement.includes("from endpoints where id = any")) throw new Error("away");
        return sharedPool.query(statement, values);
      },
    };
    let aheadMs = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs };
    const { http, close } = openBellwireApi(pool, clock);
    await http.listen({ host: "127.0.0.1", port: 0 });
    onTestFinished(close);
    const client = await follow(http, await createBellwireApi(sharedPool, http, new Date()));
    await hasBegun(client);
    for (const listener of listeners) listener([]); // a process that starts hears this once
    aheadMs = 10_000;
    for (const listener of listeners) listener(how === "missed" ? [] : ["1"]);
    await until(() => client.isOver());
    expect(client.messages.at(-1)).toEqual({ event: "end", data: { reason: "reconnect" } });
  },
);

test("the last state that a stream sends of an endpoint is the newest one, however long a read of an older one takes", async ({
  sharedPool,
}) => {
  let changes = 0;
  let reads = 0;
  const pool: Pool = {
    ...sharedPool,
    async query(statement, values) {
      const rows = await sharedPool.query<never>(statement, values);
      if (!/from endpoints\s+where provider_id = \$1 and id = \$2/.test(statement)) return rows;
      reads += 1;
      if (reads > 1) return rows;
      await sharedPool.query("update endpoints set description = 'newest' where id = $1", values?.slice(1));
      await sharedPool.inTransaction(async (tx) => tx.hintAfterCommit("endpoints", String(values?.[1])));
      await until(() => changes === 2);
      for (let query = 0; query < 20; query += 1) await sharedPool.query("select"); // while the newest state may be read
      return rows;
    },
  };
  const { http, close } = openBellwireApi(pool, systemClock);
  await http.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(close);
  const api = await createBellwireApi(sharedPool, http, new Date());
  const id = await buildEndpoint(sharedPool, { providerId: api.provider.id, url: "http://127.0.0.1:9/" });
  const client = await follow(http, api);
  await hasBegun(client);
  onTestFinished(
    sharedPool.onHint("endpoints", (ids) => (changes += ids.filter((each) => each === String(id)).length)),
  );
  await sharedPool.inTransaction(async (tx) => tx.hintAfterCommit("endpoints", String(id)));

  await until(() => client.messages.length === 2);
  expect(client.messages.map(({ data }) => data["description"])).toEqual([null, "newest"]);
});

test("changes of a provider are read for its own streams at once, and for others only by their polls", async ({
  sharedPool,
}) => {
  const endpointsReadFor: unknown[] = [];
  const eventsReadFor: unknown[] = [];
  const pool: Pool = {
    ...sharedPool,
    query(statement, values) {
      if (/from endpoints\s+where provider_id = \$1 and id = \$2/.test(statement)) endpointsReadFor.push(values?.[0]);
      if (/from events event/.test(statement)) eventsReadFor.push(values?.[0]);
      return sharedPool.query(statement, values);
    },
  };
  const { http, close } = openBellwireApi(pool, systemClock);
  await http.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(close);
  const [api, otherApi] = [
    await createBellwireApi(sharedPool, http, new Date()),
    await createBellwireApi(sharedPool, http, new Date()),
  ];
  const startedMs = performance.now(); // the streams poll from here on
  const [client, other] = [await follow(http, api), await follow(http, otherApi)];
  await hasBegun(client);
  await hasBegun(other);
  for (let n = 0; n < 50; n += 1) await recordNow(sharedPool, { providerId: api.provider.id });
  const created = await api.call("POST", "/endpoints", { payload: { name: "x", url: "http://127.0.0.1:9/" } });
  expect(created.statusCode, created.body).toBe(201);

  const state = () => ({
    events: idsOf(client).length,
    hasEndpoint: client.messages.some(({ event }) => event === "endpoint"),
    isOver: client.isOver(),
  });
  await expect.poll(state, { timeout: 80_000 }).toEqual({ events: 50, hasEndpoint: true, isOver: false });
  expect(new Set(endpointsReadFor)).toEqual(new Set([api.provider.id]));
  const polls = (performance.now() - startedMs) / 500;
  expect(eventsReadFor.filter((id) => id === otherApi.provider.id).length).toBeLessThan(polls + 5);
});

test.for([
  "delete from access_tokens where provider_id = $1",
  "update provider_users set state = 'suspended' where provider_id = $1",
])("a stream ends once its caller has lost access: %s", async (statement, { http, api, sharedPool }) => {
  const { id: providerId } = api.provider;
  const client = await follow(http, api);
  await hasBegun(client);
  await sharedPool.query(statement, [providerId]);
  const recordMore = async (): Promise<boolean> => {
    await recordNow(sharedPool, { providerId });
    return client.isOver();
  };
  await until(recordMore, { everyMs: 100 });
});

test("a stopping server closes its streams", async ({ http, api }) => {
  const client = await follow(http, api);
  await hasBegun(client);
  await http.close();
  await until(() => client.isOver());
});
