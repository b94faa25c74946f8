import fastify from "fastify";
import { expect } from "vitest";
import { TenantCache } from "#cells/index.ts";
import { createAccessToken, deleteAccessToken, notifyCallersChanged } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import { setUpProvider } from "#portal/provider-account/index.ts";
import type { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { schema } from "../../../test/support/test-databases.ts";
import { test as base } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import { addFindProviderHook, createCallerCache, createProviderMemory } from "./find-provider.ts";
import { Problem } from "./problem.ts";
import { passwords } from "../../../test/support/passwords.ts";

interface Site {
  readonly providerId: number;
  /** Returns the number of queries for a caller. */
  readonly queryCount: () => number;
  /** If set, query results wait for it. */
  hold: Promise<void> | undefined;
  /** Returns how often the memory of the provider was read. The first read fails. */
  offers(): Promise<number | undefined>;
  addToken(value: string, more?: { readonly expiresAt: Date }): Promise<Owned>;
  /** Returns the name of the token, or undefined if it is not valid. */
  nameOf(value: string | undefined): Promise<string | undefined>;
}

interface Owned {
  readonly owner: { readonly providerId: number; readonly userId: number };
  readonly id: number;
}

const test = base.extend("site", async ({ database, clock }, { onCleanup }) => {
  const { site, stop } = await openSite(database, clock);
  onCleanup(stop);
  return site;
});

async function openSite(database: Pool, clock: HandDrivenClock) {
  const setup = { name: "Acme", subdomain: "acme", adminUsername: "ann", adminPassword: "a long password" };
  const created = await database.inTransaction((tx) => setUpProvider(tx, passwords, { ...setup, now: clock.now() }));
  if ("refused" in created) throw new Error(JSON.stringify(created.refused));
  const providerId = created.provider.id;
  const [user] = await database.query<{ id: number }>("select id from provider_users");
  const owner = { providerId, userId: user?.id ?? 0 };

  let queries = 0;
  const pool: Pool = {
    ...database,
    async query<Row>(text: string, values?: readonly unknown[]) {
      queries += 1;
      const rows = await database.query<Row>(text, values);
      await site.hold;
      return rows;
    },
  };
  const callers = createCallerCache({ pool, clock });
  let isListening = false; // the first hint reports the open connection, and clears the cache once more
  database.onHint("callers", () => (isListening = true));
  await until(() => isListening);

  let reads = 0;
  const readOffers = createProviderMemory(async () => {
    reads += 1;
    if (reads === 1) throw new Error("The database does not respond.");
    return reads;
  });

  const site: Site = {
    providerId,
    async offers() {
      const caller = await callers.find({ providerId, value: undefined });
      return caller && readOffers(caller.provider);
    },
    queryCount: () => queries,
    hold: undefined,
    addToken: (value, more) =>
      database.inTransaction(async (tx) => {
        const token = { ...owner, name: value, scopes: [], permission: "ro", value, ...more } as const;
        return { owner, id: (await createAccessToken(tx, token)).id };
      }),
    nameOf: async (value) => (await callers.find({ providerId, value }))?.token?.name,
  };
  return { site, stop: () => callers.stop() };
}

const deleteIn = (pool: Pool, { owner, id }: Owned): Promise<boolean> =>
  pool.inTransaction((tx) => deleteAccessToken(tx, owner, id));

test("a caller is read at most once per second", async ({ site, clock }) => {
  await site.addToken("crm");
  for (const _ of [1, 2, 3]) expect(await site.nameOf("crm")).toBe("crm");
  expect(site.queryCount()).toBe(1);

  await clock.advance(1000);
  expect(await site.nameOf("crm")).toBe("crm");
  expect(site.queryCount()).toBe(2);
});

test("the cached caller of one token, or of no token, is not used for another", async ({ site }) => {
  await site.addToken("crm");
  await site.addToken("shop");
  for (const _ of [1, 2]) {
    expect([await site.nameOf(undefined), await site.nameOf("crm")]).toEqual([undefined, "crm"]);
    expect([await site.nameOf("shop"), await site.nameOf("other")]).toEqual(["shop", undefined]);
  }
});

test("a deleted token is refused at once in the process that deleted it", async ({ site, database }) => {
  const token = await site.addToken("crm");
  expect(await site.nameOf("crm")).toBe("crm");

  const name = deleteIn(database, token).then(() => site.nameOf("crm"));
  expect(await name).toBeUndefined();
});

test("a token deleted by another process is refused once the hint has arrived", async ({ site, databaseUrl }) => {
  await using other = await openPool({ connectionString: databaseUrl, schema });
  let isOpen = false;
  other.onHint("callers", () => (isOpen = true));
  await until(() => isOpen);
  const token = await site.addToken("crm");
  expect(await site.nameOf("crm")).toBe("crm");

  await deleteIn(other, token);
  await until(async () => (await site.nameOf("crm")) === undefined); // the clock does not advance
});

test("a deleted token is refused within a second, even without a hint", async ({ site, database, clock }) => {
  await site.addToken("crm");
  await clock.advance(400);
  expect(await site.nameOf("crm")).toBe("crm");

  await database.query("delete from access_tokens");
  await clock.advance(1000);
  expect(await site.nameOf("crm")).toBeUndefined();
});

test("a caller that was read during a change is not cached", async ({ site, database }) => {
  const token = await site.addToken("crm");
  const { promise, resolve } = Promise.withResolvers<void>();
  site.hold = promise;
  const overlapping = site.nameOf("crm");
  await until(async () => site.queryCount() === 1);
  await deleteIn(database, token);
  site.hold = undefined;
  resolve();

  await overlapping;
  expect(await site.nameOf("crm")).toBeUndefined();
});

test("a cached token is refused from its expiry on", async ({ site, clock }) => {
  await site.addToken("crm", { expiresAt: new Date(clock.now().getTime() + 300) });
  await clock.advance(299);
  expect(await site.nameOf("crm")).toBe("crm");

  await clock.advance(1);
  expect(await site.nameOf("crm")).toBeUndefined();
});

test("a new token is valid at once, even if it was refused before its creation", async ({ site }) => {
  expect(await site.nameOf("crm")).toBeUndefined();
  await site.addToken("crm");
  expect(await site.nameOf("crm")).toBe("crm");
});

test("the memory of a provider lasts until a hint or a second, and keeps no failure", async ({
  site,
  clock,
  database,
}) => {
  await expect(site.offers()).rejects.toThrow("does not respond");
  expect([await site.offers(), await site.offers()]).toEqual([2, 2]);
  await database.inTransaction(async (tx) => notifyCallersChanged(tx, site.providerId));
  expect([await site.offers(), await site.offers()]).toEqual([3, 3]);
  await clock.advance(1000);
  expect(await site.offers()).toBe(4);
});

test.for([
  ["in another cell", [0, 1], "forwarded to 1"],
  ["in another cell, by interfaces that were handed the request", [0, 1], "provider-moving"],
  ["nowhere", [0], "host-unknown"],
  ["still in this cell, which has no rows of it", [0, 0], "host-unknown"],
] as const)(
  "a provider that has left the cell without a hint is looked up again: %s",
  async ([, cells, expected], { sharedPool: pool, clock }) => {
    let reads = 0;
    const tenants = new TenantCache(pool, async (subdomain = "") => {
      const cell = cells[reads++];
      return cell === undefined
        ? undefined
        : { providerId: 999_999, subdomain, cell, isHeld: false, isDeleting: false };
    });
    await using http = fastify();
    http.setErrorHandler((error, _request, reply) => reply.send(error instanceof Problem ? error.code : String(error)));
    addFindProviderHook(http, {
      pool,
      clock,
      baseDomain: "bellwire.test",
      cells: {
        own: 0,
        tenants,
        forward:
          expected === "provider-moving"
            ? undefined
            : async (cell, _request, reply) => void (await reply.send(`forwarded to ${cell}`)),
      },
    });
    http.get("/", () => "served");

    const answer = await http.inject({ url: "/", headers: { host: "quay.bellwire.test" } });

    tenants.stop();
    expect([answer.body, reads]).toEqual([expected, 2]);
  },
);

test("what is left of a provider that has left the cell is not read", async ({ site, database }) => {
  await site.addToken("script");
  const move = [site.providerId];
  await database.query(
    "insert into provider_moves (provider, id, state) values ($1, gen_random_uuid(), 'frozen')",
    move,
  );
  expect(await site.nameOf("script")).toBe("script");

  await database.query("update provider_moves set state = 'left' where provider = $1", move);
  await database.inTransaction(async (tx) => notifyCallersChanged(tx, site.providerId));
  expect(await site.nameOf("script")).toBeUndefined();
});

test.for([
  ["a read", "GET", 200, 500, "503 provider-moving, no tag"],
  ["the headers of a read", "HEAD", 200, 500, "503 , no tag"],
  ["a refused change", "POST", 404, 500, "503 provider-moving, no tag"],
  ["a read that was short", "GET", 200, 499, "200 read here, tag"],
  ["a change that succeeded", "POST", 201, 500, "201 read here, tag"],
] as const)(
  "a request during which its provider moves shows nothing of the deleted rows: %s",
  async ([, method, status, tookMs, expected], { site, database: pool, clock }) => {
    let cell = 0;
    const tenants = new TenantCache(pool, async (subdomain = "") => ({
      providerId: site.providerId,
      subdomain,
      cell,
      isHeld: false,
      isDeleting: false,
    }));
    await using http = fastify();
    http.setErrorHandler((error, _request, reply) =>
      error instanceof Problem ? reply.code(error.status).send(error.code) : reply.code(500).send(String(error)),
    );
    addFindProviderHook(http, {
      pool,
      clock,
      baseDomain: "bellwire.test",
      cells: { own: 0, tenants, forward: async () => undefined },
    });
    http.route({
      method: ["GET", "HEAD", "POST"],
      url: "/",
      async handler(_request, reply) {
        cell = 1;
        tenants.forget(site.providerId);
        await clock.advance(tookMs);
        return reply.code(status).header("etag", '"1"').send("read here");
      },
    });

    const answer = await http.inject({ method, url: "/", headers: { host: "acme.bellwire.test" } });

    tenants.stop();
    expect(`${answer.statusCode} ${answer.body}, ${answer.headers.etag === undefined ? "no tag" : "tag"}`).toBe(
      expected,
    );
  },
);
