import { expect } from "vitest";
import { workOnErasure } from "#personal-data/index.ts";
import { appRole } from "#platform/database/app-role.ts";
import { openPool } from "#platform/database/pool.ts";
import { jobKinds, jobSubjects, workOnJob } from "#webhooks/jobs/index.ts";
import { workOnReplay } from "#webhooks/replays/index.ts";
import { baseDomain, createProviderApi } from "../api/api-test.ts";
import { walkOperations } from "../api/operation-walk.ts";
import { createBellwireApi } from "../bellwire-api/bellwire-api-test.ts";
import { createChangeable, walkChanges } from "../bellwire-api/walk-changes.ts";
import { cloneTemplate } from "../support/clone-template.ts";
import { openWebServer, timelessClock } from "../support/open-web-server.ts";
import { schema } from "../support/test-databases.ts";
import { test as base } from "../support/test.ts";
import { createObjects, ownTables } from "./full-provider.ts";

/** Words of the neighbour that name the account which walkChanges() erases: the neighbour's account has the same name. */
const namingMira = [
  `update jobs set selection = '{"filter":{"q":"mira"}}' where provider_id = $1`,
  `insert into saved_views (provider_id, user_id, page, name, query)
   select $1, id, 'deliveries', name, query from provider_users,
     (values ('Of Mira', 'state=failed'), ('Others', 'account=mira')) as view (name, query) where provider_id = $1`,
  `insert into audit_records (provider_id, actor_kind, action, subject, detail)
   values ($1, 'system', 'failures.retried', 'failures', '{"filter":{"q":"mira"}}')`,
];

/** A provider with rows in every table, and with objects of the same names as those of the providers that make requests. */
const test = base.extend("site", async ({}, { onCleanup }) => {
  const running = new AsyncDisposableStack();
  onCleanup(() => running.disposeAsync());
  const { connectionString } = running.use(await cloneTemplate());
  const owner = running.use(await openPool({ connectionString, schema }));
  const pool = running.use(await openPool({ connectionString, schema, role: appRole }));
  const { http } = running.use(await openWebServer(pool, { baseDomain, clock: timelessClock }));
  const { api: neighbour } = await createObjects(pool, http);
  await createChangeable(neighbour, new Date());
  for (const statement of namingMira) await pool.query(statement, [neighbour.provider.id]);
  while (await workOnReplay(pool));
  const digests = (await ownTables(owner))
    .map(
      ({ name }) =>
        `select '${name}' as name, md5(string_agg(row::text, ',' order by row::text)) as rows from ${name} as row where provider_id = $1`,
    )
    .join(" union all ");
  /** Returns a digest of the neighbour's rows for each table. */
  const readNeighbour = () => owner.query<{ name: string; rows: string }>(digests, [neighbour.provider.id]);
  return { pool, http, readNeighbour };
});

test("no operation of the Account Management API changes a row of another provider", async ({ site }) => {
  const api = await createProviderApi(site.pool, site.http, new Date());
  const before = await site.readNeighbour();
  expect(before.filter(({ rows }) => rows === null)).toEqual([]);
  for await (const { operation, response } of walkOperations(api, "json")) {
    expect([operation.title, response.statusCode < 300, response.body]).toEqual([operation.title, true, response.body]);
    expect([operation.title, await site.readNeighbour()]).toEqual([operation.title, before]);
  }
});

test("no changing route of the Bellwire API, and no work that follows, changes a row of another provider", async ({
  site: { pool, http, readNeighbour },
}) => {
  const before = await readNeighbour();
  const api = await createBellwireApi(pool, http, new Date());
  for await (const { route } of walkChanges(api, new Date()))
    expect([route, await readNeighbour()]).toEqual([route, before]);
  while ((await workOnReplay(pool)) || (await workOnJob(pool)));
  while (await workOnErasure(pool, new Date(Date.now() + 3_600_000)));
  expect(await readNeighbour()).toEqual(before);
});

test("no job changes a row of another provider", async ({ site: { pool, http, readNeighbour } }) => {
  const { api, ids } = await createObjects(pool, http);
  const before = await readNeighbour();
  const headers = { host: api.host, authorization: `Bearer ${api.token}` };
  const started = new Set<string>();
  for (const kind of jobKinds)
    for (const of of jobSubjects) {
      const payload = { kind, of, filter: {}, ...(kind === "replay" && { endpoint_id: ids["endpoints"] }) };
      const answer = await http.inject({ method: "POST", url: "/api/v1/jobs", headers, payload });
      if (answer.statusCode === 422) continue;
      started.add(kind);
      while (await workOnJob(pool));
      const job = await http.inject({ url: `/api/v1/jobs/${answer.json<{ id: number }>().id}`, headers });
      expect([kind, of, job.json()]).toEqual([kind, of, expect.objectContaining({ state: "done", failed: 0 })]);
      expect([kind, of, await readNeighbour()]).toEqual([kind, of, before]);
    }
  expect([...started]).toEqual(jobKinds);
});
