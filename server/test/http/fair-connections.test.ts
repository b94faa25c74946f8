import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { expect } from "vitest";
import { appRole } from "#platform/database/app-role.ts";
import { openPool } from "#platform/database/pool.ts";
import { type ProviderApi, baseDomain, createProviderApi } from "../api/api-test.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

/** Signs up an account. Returns a function that changes it, with a body that arrives after the headers. */
async function signUp(api: ProviderApi, origin: string): Promise<(name: string) => Promise<number>> {
  const payload = { org_name: "Quay Ltd", username: "quay", password: "correct horse battery" };
  const response = await api.send("POST", "/signup.json", { payload });
  const [, id] = /"id":(\d+)/.exec(response.body) ?? [];
  const url = `${origin}/admin/api/accounts/${id}.json`;
  const headers = { host: api.host, authorization: `Bearer ${api.token}`, "content-type": "application/json" };
  return async (name) => {
    const change = request(url, { method: "PUT", agent: false, headers: { ...headers, expect: "100-continue" } });
    const { promise: answered, resolve } = Promise.withResolvers<IncomingMessage>();
    change.on("response", resolve).flushHeaders();
    await once(change, "continue");
    change.end(JSON.stringify({ org_name: name }));
    const answer = await answered;
    answer.resume();
    return answer.statusCode ?? 0;
  };
}

const floodSize = 100;

test("while 100 changes of one account wait for its row, other providers and the process itself use the database", async ({
  database,
  databaseUrl,
}) => {
  await using pool = await openPool({ connectionString: databaseUrl, schema, role: appRole, max: 3 });
  await using server = await openWebServer(pool, { baseDomain });
  const { http } = server;
  const [acme, other] = [
    await createProviderApi(pool, http, new Date()),
    await createProviderApi(pool, http, new Date()),
  ];
  const origin = await http.listen({ host: "127.0.0.1", port: 0 });
  const [changeAcme, changeOther] = [await signUp(acme, origin), await signUp(other, origin)];
  let flood: readonly Promise<number>[] = [];
  await database.inTransaction(async (tx) => {
    await tx.query("select from accounts where provider_id = $1 for update", [acme.provider.id]);
    flood = Array.from({ length: floodSize }, (_, number) => changeAcme(`Quay ${number}`));
    await until(() => pool.waiting === floodSize - 2); // one connection is for others
    expect(await changeOther("Other Ltd")).toBe(200);
    expect(await pool.query("select 1 as one")).toEqual([{ one: 1 }]);
    expect(pool.waiting).toBe(floodSize - 2);
  });
  expect(new Set(await Promise.all(flood))).toEqual(new Set([200]));
});
