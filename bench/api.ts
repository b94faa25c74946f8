/**
 * What the Account Management API costs: reading an account, and changing one with its event and its delivery, against a
 * bare route on the same server that makes one and two plain round trips to the same PostgreSQL, in turns. The load comes
 * from a process of its own. Run: npm run bench -- api [seconds] [--json FILE]
 */
import fastify, { type FastifyInstance } from "fastify";
import { accountManagementApiDoor } from "../server/src/http/account-management-api/index.ts";
import { createFindAdminCaller } from "../server/src/http/shared/admin-caller.ts";
import { addFindProviderHook } from "../server/src/http/shared/find-provider-hook.ts";
import { systemClock } from "../server/src/platform/clock/clock.ts";
import type { Pool } from "../server/src/platform/database/database.ts";
import type { Encryption } from "../server/src/platform/encryption/encryption.ts";
import { parseAllowedTargets } from "../server/src/platform/network/allowed-targets.ts";
import { systemLookup } from "../server/src/platform/network/resolve-target.ts";
import { setUpProvider } from "../server/src/portal/provider-setup/index.ts";
import { saveDefaultEndpoint, switchesOf } from "../server/src/webhooks/endpoints/index.ts";
import { openBenchDatabase } from "./open-database.ts";
import { openReport } from "./open-report.ts";
import { median } from "./order-statistics.ts";
import { measureLoad } from "./start-load.ts";

const rounds = Number(process.env.BENCH_PAIRS ?? 3);
const report = openReport("api");
const seconds = Number(report.asked[0] ?? 5);
const accounts = 200;

/** The server with the API as it is, and with the two bare routes beside it. Answers with its origin. */
async function serve(pool: Pool, encryption: Encryption, http: FastifyInstance): Promise<string> {
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const targets = { allowed, lookup: systemLookup, isOwnBin: () => false };
  const endpoints = { pool, encryption, targets, retryWaitsSeconds: [60] };
  const url = () => "http://127.0.0.1";
  await http.register(async (doors) => {
    addFindProviderHook(doors, { pool, baseDomain: undefined });
    const findAdminCaller = createFindAdminCaller({ pool, clock: systemClock });
    const needs = { ...endpoints, clock: systemClock, findAdminCaller, version: "0.0.0" };
    await doors.register(accountManagementApiDoor({ ...needs, adminPortalUrl: url, developerPortalUrl: url }), {
      prefix: "/admin/api",
    });
  });

  const read = "select id, org_name, state, fields from accounts where id = $1";
  const write = "update accounts set org_name = $2, updated_at = now() where id = $1";
  http.get<{ Params: { id: string } }>("/bare/:id", async ({ params }) => pool.query(read, [params.id]));
  http.put<{ Params: { id: string }; Body: { org_name: string } }>("/bare/:id", async ({ params, body }) => {
    const rows = await pool.query(read, [params.id]);
    await pool.query(write, [params.id, body.org_name]);
    return rows;
  });
  const eventTypes = switchesOf({ eventTypes: [] }).map(({ name }) => [name, true]);
  const change = {
    url: "http://127.0.0.1:9/hook",
    active: true,
    providerActions: true,
    switches: Object.fromEntries(eventTypes),
  };
  const saved = await saveDefaultEndpoint(endpoints, { providerId: 1, change, actor: { kind: "system" } });
  if ("refused" in saved) throw new Error(JSON.stringify(saved.refused));
  return http.listen({ host: "127.0.0.1", port: 0 });
}

async function signUpAccounts(origin: string, token: string): Promise<readonly number[]> {
  const ids: number[] = [];
  for (let number = 0; number < accounts; number += 1) {
    const answer = await fetch(`${origin}/admin/api/signup.json?access_token=${token}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ org_name: `Harbour ${number}`, username: `user${number}` }),
    });
    ids.push(Number(/"id":(\d+)/.exec(await answer.text())?.[1]));
  }
  return ids;
}

async function compare(
  origin: string,
  { method, token, ids }: { method: "GET" | "PUT"; token: string; ids: readonly number[] },
): Promise<void> {
  const load = { origin, method, token, ids, seconds };
  const bare: number[] = [];
  const api: number[] = [];
  await measureLoad({ ...load, path: "/admin/api/accounts", extension: ".xml", seconds: 1 });
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await measureLoad({ ...load, path: "/bare", extension: "" }));
    api.push(await measureLoad({ ...load, path: "/admin/api/accounts", extension: ".xml" }));
  }
  const numbers = {
    "requests/s": Math.round(median(api)),
    "bare/s": Math.round(median(bare)),
    ratio: median(api.map((rate, round) => rate / (bare[round] ?? 1))),
  };
  report.add(
    { title: `${method} account`, numbers },
    `api ${method} account: ${numbers["requests/s"]} requests/s, bare ${numbers["bare/s"]}/s, ratio ${numbers.ratio.toFixed(2)}`,
  );
}

await using database = await openBenchDatabase();
await using pool = await database.openAppPool();
const names = { name: "Bench", subdomain: "bench", adminUsername: "admin", adminPassword: "a long password" };
const made = await pool.inTransaction((tx) => setUpProvider(tx, { ...names, now: systemClock.now() }));
if ("refused" in made) throw new Error(JSON.stringify(made.refused));
const http = fastify();
const origin = await serve(pool, database.encryption, http);
const ids = await signUpAccounts(origin, made.accessToken);
await compare(origin, { method: "GET", token: made.accessToken, ids });
await compare(origin, { method: "PUT", token: made.accessToken, ids });
await http.close();
