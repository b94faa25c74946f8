import { randomUUID } from "node:crypto";
import fastify, { type InjectOptions, type LightMyRequestResponse } from "fastify";
import { expect } from "vitest";
import {
  deleteOldKeys,
  findEarlierRequest,
  forgetOutdatedResponses,
  keyHours,
  recordResponse,
  withKey,
} from "#access/index.ts";
import { type Rendered, renderOnce, sendRendered } from "#http/shared/operation.ts";
import { Problem } from "#http/shared/problem.ts";
import { type Pool, stepsOf } from "#platform/database/database.ts";
import { createEncryption, type Encryption } from "#platform/encryption.ts";
import { secretDigest } from "#platform/ids.ts";
import { createErasure, workOnErasure } from "#personal-data/index.ts";
import { type ProviderApi, countChanges, test } from "../api/api-test.ts";
import { encryption } from "../support/build-webhooks.ts";

const person = (username: string) => ({ org_name: username, username, email: `${username}@quay.example` });

const signUp = (
  api: ProviderApi,
  key: string,
  { headers, ...more }: InjectOptions = {},
): Promise<LightMyRequestResponse> =>
  api.send("POST", "/signup.json", {
    payload: person("mira"),
    ...more,
    headers: { "idempotency-key": key, ...headers },
  });

const [older, newer] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];

const countAccounts = async ({ pool, provider }: ProviderApi): Promise<number> =>
  (await pool.query("select from accounts where provider_id = $1", [provider.id])).length;

const isReplayed = ({ headers }: LightMyRequestResponse): boolean => headers["idempotency-replayed"] === "true";

test("equal requests at the same time are made once, and each gets the response or is told to repeat", async ({
  api,
}) => {
  const key = randomUUID();
  const responses = await Promise.all(Array.from({ length: 8 }, () => signUp(api, key)));
  const made = responses.filter((response) => response.statusCode === 201 && !isReplayed(response));
  expect(made).toHaveLength(1);
  for (const response of responses) {
    if (response.statusCode === 201) expect(response.body).toBe(made[0]?.body);
    else expect([response.statusCode, response.headers["retry-after"]]).toEqual([409, "1"]);
  }
  const again = await signUp(api, key);
  expect([again.statusCode, again.body, isReplayed(again)]).toEqual([201, made[0]?.body, true]);
  expect(await countAccounts(api)).toBe(1);
});

/** A server with one operation, which is given the pool of its request. */
function serve({ pool, provider }: ProviderApi, operate: (pool: Pool) => Promise<Rendered>) {
  const http = fastify();
  const call = { provider, caller: { actor: { kind: "key" } } } as const;
  http.post("/", async (request, reply) =>
    sendRendered(
      reply,
      await renderOnce(request, { call, needs: { pool, encryption } }, (needs) => operate(needs.pool)),
    ),
  );
  const send = (key: string) => http.inject({ method: "POST", url: "/", headers: { "idempotency-key": key } });
  return { send, [Symbol.asyncDispose]: () => http.close() };
}

const commit = (pool: Pool): Promise<unknown> => pool.inTransaction((tx) => tx.query("select"));

test("a change that an equal request has made meanwhile is not made again", async ({ api }) => {
  let isFirst = true;
  let changes = 0;
  await using server = serve(api, async (pool) => {
    if (isFirst) {
      isFirst = false;
      await server.send("one");
    }
    await pool.inTransaction(async () => (changes += 1));
    return { status: 201, headers: {}, body: `change ${changes}` };
  });
  const later = await server.send("one");
  expect([changes, later.statusCode, later.body, isReplayed(later)]).toEqual([1, 201, "change 1", true]);
});

test("a request that is refused because of an equal one at the same time gets the response of that one", async ({
  api,
}) => {
  await using first = serve(api, async (pool) => {
    await commit(pool);
    return { status: 201, headers: {}, body: "made" };
  });
  await using second = serve(api, async () => {
    await first.send("one");
    throw new Problem("invalid");
  });
  const repeated = await second.send("one");
  expect([repeated.statusCode, repeated.body]).toEqual([201, "made"]);
});

test("a refusal that is rendered after a transaction does not use up its key", async ({ api }) => {
  let status = 422;
  await using server = serve(api, async (pool) => {
    await commit(pool);
    return { status, headers: {}, body: "" };
  });
  const refused = await server.send("one");
  status = 200;
  const accepted = await server.send("one");
  expect([refused.statusCode, accepted.statusCode, isReplayed(accepted)]).toEqual([422, 200, false]);
});

test("a failure after the commit is not made again", async ({ api }) => {
  let calls = 0;
  await using server = serve(api, async (pool) => {
    calls += 1;
    await commit(pool);
    throw new Error("the process has lost its database");
  });
  expect((await server.send("one")).statusCode).toBe(500);
  expect((await server.send("one")).body).toContain("is being handled");
  expect(calls).toBe(1);
});

test("a request that fails between its steps is made again, and once it is made, its response is repeated", async ({
  api,
}) => {
  let calls = 0;
  await using server = serve(api, async (pool) => {
    calls += 1;
    await commit(stepsOf(pool));
    if (calls === 1) throw new Error("the process has lost its database");
    await commit(stepsOf(pool));
    return { status: 200, headers: {}, body: `call ${calls}` };
  });
  const responses = [await server.send("one"), await server.send("one"), await server.send("one")];
  expect(responses.map(({ statusCode }) => statusCode)).toEqual([500, 200, 200]);
  expect([responses[1], responses[2]].map((each) => each?.body)).toEqual(["call 2", "call 2"]);
});

test("a refusal without a change leaves the key of an equal request at the same time alone", async ({ api }) => {
  await using first = serve(api, async (pool) => {
    await commit(pool);
    return { status: 201, headers: {}, body: "made" };
  });
  await using second = serve(api, async () => {
    await first.send("one");
    return { status: 422, headers: {}, body: "" };
  });
  await second.send("one");
  expect((await first.send("one")).headers["idempotency-replayed"]).toBe("true");
});

test("a key of a request that only reads is ignored", async ({ api }) => {
  const read = await api.send("GET", "/accounts.json", { headers: { "idempotency-key": "two words" } });
  expect(read.statusCode).toBe(200);
});

test("a key with and without quotes is the same one", async ({ api }) => {
  const key = randomUUID();
  await signUp(api, `"${key}"`);
  expect(isReplayed(await signUp(api, key))).toBe(true);
});

test("a key that belongs to another request is refused, and nothing is changed", async ({ api }) => {
  const key = randomUUID();
  await signUp(api, key);
  const changes = await countChanges(api);
  const other = await signUp(api, key, { payload: person("nora") });
  expect([other.statusCode, other.json()]).toEqual([422, { error: expect.stringContaining("another request") }]);
  expect(await countChanges(api)).toBe(changes);
});

test("equal keys of two callers are independent", async ({ api, otherApi }) => {
  const key = randomUUID();
  const token = await api.addToken({});
  const asColleague = { headers: { authorization: `Bearer ${token}` }, payload: person("nora") };
  expect((await signUp(api, key)).statusCode).toBe(201);
  expect((await signUp(api, key, asColleague)).statusCode).toBe(201);
  expect((await signUp(otherApi, key)).statusCode).toBe(201);
});

test("a repeated request is authorized again", async ({ api }) => {
  const key = randomUUID();
  const headers = { authorization: `Bearer ${await api.addToken({})}` };
  await signUp(api, key, { headers });
  const [owner] = await api.pool.query<{ userId: number }>(
    "select max(user_id) as user_id from access_tokens where provider_id = $1",
    [api.provider.id],
  );
  await api.send("PUT", `/users/${owner?.userId}/member.json`);
  expect((await signUp(api, key, { headers })).statusCode).toBe(403);
});

test("a refused request does not use up its key", async ({ api }) => {
  const first = await signUp(api, randomUUID());
  const { id } = first.json().account;
  const key = randomUUID();
  expect((await signUp(api, key)).statusCode).toBe(422);
  await api.send("DELETE", `/accounts/${id}.json`);
  const second = await signUp(api, key);
  expect([second.statusCode, isReplayed(second)]).toEqual([201, false]);
});

test("a change that was refused within its transaction does not use up its key", async ({ api }) => {
  const { id } = (await signUp(api, randomUUID())).json().account;
  const approve = (key: string) =>
    api.send("PUT", `/accounts/${id}/approve.json`, { headers: { "idempotency-key": key } });
  const key = randomUUID();
  await approve(randomUUID());
  expect((await approve(key)).statusCode).toBe(422);
  await api.send("PUT", `/accounts/${id}/reject.json`);
  const approved = await approve(key);
  expect([approved.statusCode, isReplayed(approved)]).toEqual([200, false]);
});

test("a request whose response was lost is not made again", async ({ api }) => {
  const key = randomUUID();
  await signUp(api, key);
  const age = (interval: string) =>
    api.pool.query(
      "update idempotency_keys set response = null, recorded_at = now() - $2::interval where provider_id = $1",
      [api.provider.id, interval],
    );
  await age("5 seconds");
  const early = await signUp(api, key);
  expect([early.statusCode, early.headers["retry-after"]]).toEqual([409, "1"]);
  await age("2 minutes");
  const late = await signUp(api, key);
  expect([late.statusCode, late.headers["retry-after"], late.json()]).toEqual([
    409,
    undefined,
    { error: expect.stringContaining("is not made again") },
  ]);
  expect(await countAccounts(api)).toBe(1);
});

test.for([[""], ['"'], ["two words"], ["ä"], ["x".repeat(256)], ["one, another"]])(
  "a malformed key is refused: %j",
  async ([key = ""], { api }) => {
    const refused = await signUp(api, key);
    expect([refused.statusCode, await countAccounts(api)]).toEqual([400, 0]);
  },
);

test("a key is recorded if and only if a transaction of its request commits", async ({ api: { pool, provider } }) => {
  const request = {
    providerId: provider.id,
    actor: { kind: "key" },
    key: "k",
    fingerprints: [Buffer.from("f")],
  } as const;
  const recorded = (): Promise<unknown[]> =>
    pool.query("select key from idempotency_keys where provider_id = $1", [provider.id]);
  const once = withKey(pool, request);
  const failing = once.pool.inTransaction(async () => {
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect([once.hasCommitted(), await recorded()]).toEqual([false, []]);
  await commit(once.pool);
  await commit(once.pool);
  expect([once.hasCommitted(), await recorded()]).toEqual([true, [{ key: "k" }]]);
});

test("keys expire after a day, and not earlier", async ({ api, clock }) => {
  const now = clock.now();
  const before = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000);
  for (const hours of [keyHours - 1, keyHours + 1]) {
    await signUp(api, String(hours), { payload: person(`mira${hours}`) });
    await api.pool.query("update idempotency_keys set recorded_at = $3 where provider_id = $1 and key = $2", [
      api.provider.id,
      String(hours),
      before(hours),
    ]);
  }
  const kept = async () =>
    (
      await api.pool.query<{ key: string }>("select key from idempotency_keys where provider_id = $1", [
        api.provider.id,
      ])
    )
      .map(({ key }) => Number(key))
      .toSorted((a, b) => a - b);
  await deleteOldKeys(api.pool, now);
  expect(await kept()).toEqual([keyHours - 1]);
});

test("an erasure forgets the responses of its provider, and no request is made again", async ({ api, clock }) => {
  const key = randomUUID();
  const { id: accountId } = (await signUp(api, key)).json().account;
  const by = { actor: { kind: "key" }, channel: "api", now: clock.now() } as const;
  const { provider, pool } = api;
  const follow = async () => undefined;
  await createErasure(pool, { provider, subject: { accountId }, pending: "cancel", by, follow });
  const inAnHour = new Date(Date.now() + 3_600_000);
  while (await workOnErasure(pool, inAnHour));
  const rows = await pool.query("select response from idempotency_keys where provider_id = $1", [provider.id]);
  expect(rows).toEqual([{ response: null }]);
  expect([(await signUp(api, key)).statusCode, await countAccounts(api)]).toEqual([409, 0]);
});

test("a request with a password leaves nothing to check guesses of it by, and is recognized by any key in use", async ({
  api,
}) => {
  const [payload, url] = [{ ...person("mira"), password: "low tide in the harbour" }, "/admin/api/signup.json"];
  const key = randomUUID();
  await signUp(api, key, { payload });
  const readDigest = async () => {
    const read = "select digest from idempotency_keys where provider_id = $1";
    return (await api.pool.query<{ digest: Buffer }>(read, [api.provider.id]))[0]?.digest;
  };
  const digest = await readDigest();
  const text = JSON.stringify(["POST", url, payload]);
  expect(digest).toEqual(encryption.fingerprints("keyed request", text)[0]);
  expect(digest?.subarray(4)).not.toEqual(secretDigest(text));
  const request = { providerId: api.provider.id, actor: { kind: "token", userId: 1 }, key: "k" } as const;
  const [before, after] = [createEncryption([older]), createEncryption([newer])];
  const both = createEncryption([newer, older]);
  const keyedBy = (keys: Encryption, of: string) => ({
    ...request,
    fingerprints: keys.fingerprints("keyed request", of),
  });
  await recordResponse(api.pool, before, {
    request: keyedBy(before, text),
    response: { status: 200, headers: {}, body: "" },
  });
  const found = (keys: Encryption, of = text) => findEarlierRequest(api.pool, keys, keyedBy(keys, of));
  expect([await found(both), await found(both, "x"), await found(after)]).toMatchObject([
    { status: 200 },
    "other",
    "lost",
  ]);
});

test("responses that an older key encrypted are forgotten by a rekey", async ({ api }) => {
  const key = randomUUID();
  await signUp(api, key);
  const newKey = Buffer.alloc(32, 1);
  const response = () =>
    api.pool.query<{ response: Buffer | null }>("select response from idempotency_keys where provider_id = $1", [
      api.provider.id,
    ]);
  const rekeyed = createEncryption([newKey]);
  await forgetOutdatedResponses(api.pool, rekeyed);
  expect(await response()).toEqual([{ response: null }]);
  const kept = rekeyed.encrypt("recorded response", "{}");
  await api.pool.query("update idempotency_keys set response = $2 where provider_id = $1", [api.provider.id, kept]);
  await forgetOutdatedResponses(api.pool, rekeyed);
  expect(await response()).toEqual([{ response: kept }]);
});
