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
import { openBenchDatabase } from "./open-database.ts";
import { openReport } from "./open-report.ts";
import { median } from "./order-statistics.ts";
import { endpointNeeds, setUpPortal, signUpAccounts } from "./set-up-portal.ts";
import { measureLoad } from "./start-load.ts";

const rounds = Number(process.env.BENCH_PAIRS ?? 3);
const report = openReport("api");
const [seconds = 5] = report.numbers;
const accounts = 200;

/** The server with the API as it is, and with the two bare routes beside it. Answers with its origin. */
async function serve(pool: Pool, encryption: Encryption, http: FastifyInstance): Promise<string> {
  const endpoints = endpointNeeds(pool, encryption);
  const url = () => "http://127.0.0.1";
  await http.register(async (doors) => {
    addFindProviderHook(doors, { pool, clock: systemClock, baseDomain: undefined });
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
  return http.listen({ host: "127.0.0.1", port: 0 });
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
const token = await setUpPortal(pool, database.encryption, "http://127.0.0.1:9/hook");
const http = fastify();
const origin = await serve(pool, database.encryption, http);
const ids = await signUpAccounts(origin, token, accounts);
await compare(origin, { method: "GET", token, ids });
await compare(origin, { method: "PUT", token, ids });
await http.close();
