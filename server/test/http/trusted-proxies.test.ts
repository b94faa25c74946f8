import { expect } from "vitest";
import { createSession } from "#access/index.ts";
import { systemClock } from "#platform/clock.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const [proxy, balancer] = ["10.0.0.5", "fd00::7"];
const [client, other] = ["203.0.113.7", "203.0.113.8"];

interface Case {
  readonly who: string;
  readonly from: string;
  /** `X-Forwarded-For` of each request. */
  readonly forwarded: readonly string[];
  /** Attempts of each network. */
  readonly counted: readonly number[];
}

const trusted: readonly Case[] = [
  { who: "a client", from: proxy, forwarded: [client, client], counted: [2] },
  { who: "two clients", from: proxy, forwarded: [client, other], counted: [1, 1] },
  { who: "a client with its port", from: proxy, forwarded: [`${client}:50123`, `${client}:50124`], counted: [2] },
  {
    who: "an IPv6 client with its port, as /64, /56 and /48",
    from: proxy,
    forwarded: ["[2001:db8::7]:50123", "[2001:db8::8]:50124"],
    counted: [2, 2, 2],
  },
  {
    who: "clients behind two proxies, one of them with its port",
    from: balancer,
    forwarded: [`${client}, ${proxy}:443`, `${other}, ${proxy}:444`],
    counted: [1, 1],
  },
  {
    who: "a client that invents addresses",
    from: proxy,
    forwarded: [`1.1.1.1, ${client}`, `2.2.2.2, ${client}`],
    counted: [2],
  },
  {
    who: "clients behind a proxy in IPv6 notation",
    from: `::ffff:${proxy}`,
    forwarded: [client, other],
    counted: [1, 1],
  },
  { who: "a client that is no proxy", from: "198.51.100.9", forwarded: [client, other], counted: [2] },
];
const untrusted: readonly Case[] = [{ who: "a proxy", from: proxy, forwarded: [client, other], counted: [2] }];

test("wrong credentials count for the client that trusted proxies report, with or without its port", async ({
  database,
}) => {
  await setUp(database);
  for (const [trustedProxies, cases] of [
    ["10.0.0.0/8,fd00::/8", trusted],
    ["none", untrusted],
  ] as const) {
    await using server = await openWebServer(database, { trustedProxies });
    for (const { who, from: remoteAddress, forwarded, counted } of cases) {
      await database.query("delete from attempt_counters");
      for (const addresses of forwarded) {
        const headers = { authorization: "Bearer wrong", "x-forwarded-for": addresses };
        await server.http.inject({ url: "/api/v1/events", remoteAddress, headers });
      }
      const counters = await database.query<{ attempts: number }>("select attempts from attempt_counters");
      expect([who, counters.map(({ attempts }) => attempts)]).toEqual([who, counted]);
    }
  }
});

test("a session has the client's address without its port, and nothing that is no address", async ({
  database: pool,
}) => {
  const { provider } = await setUp(pool);
  await using server = await openWebServer(pool, { trustedProxies: "10.0.0.0/8" });
  const [user] = await pool.query<{ id: number }>("select id from provider_users");
  const long = "x".repeat(5000);
  for (const [forwarded, address] of [
    [`${client}:50123`, client],
    ["[2001:db8::7]:50123", "2001:db8::7"],
    [`::ffff:${client}`, client],
    ["unknown", null],
    ["<b>1</b>", null],
    [long, null],
  ] as const) {
    const { cookieValue } = await pool.inTransaction((tx) =>
      createSession(tx, { providerId: provider.id, audience: "admin", userId: user?.id ?? 0, now: systemClock.now() }),
    );
    await pool.query("update sessions set last_used_at = null, address = 'before'");
    const headers = { cookie: `bellwire_admin=${cookieValue}`, "x-forwarded-for": forwarded };
    const answer = await server.http.inject({ url: "/api/v1/sessions", remoteAddress: proxy, headers });
    expect(answer.statusCode).toBe(200);
    const read = () =>
      pool.query<{ address: string | null }>("select address from sessions where last_used_at is not null");
    const [used] = await until(async () => (await read()).length > 0 && read());
    expect([forwarded, used?.address]).toEqual([forwarded, address]);
    await pool.query("delete from sessions");
  }
});
