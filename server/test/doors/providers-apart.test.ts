import type { FastifyInstance, InjectOptions } from "fastify";
import { expect } from "vitest";
import { createSession, type Audience } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { deliveryId } from "#webhooks/deliveries/index.ts";
import { baseDomain, openHouse, type ApiHouse } from "../api/api-test.ts";
import { make } from "../api/made-things.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { openEveryDoor } from "../support/open-every-door.ts";
import { test } from "../support/test.ts";
import { routesOf, type Route } from "./routes-of.ts";

type Ids = Readonly<Record<string, string | number>>;

/** A provider with one of each thing, under the names by which paths know them. */
async function settle(pool: Pool, http: FastifyInstance): Promise<{ house: ApiHouse; ids: Ids }> {
  const house = await openHouse(pool, http, new Date());
  const providerId = house.provider.id;
  const endpoint = await buildEndpoint(pool, { providerId, url: "http://127.0.0.1:9/hook", allActors: true });
  const made = await make(house);
  const firstOf = async (table: string): Promise<string> =>
    String(
      (await pool.query<{ id: unknown }>(`select id from ${table} where provider_id = $1 limit 1`, [providerId]))[0]
        ?.id,
    );
  await pool.query(
    `insert into invitations (provider_id, account_id, email, code_digest, sent_at)
     values ($1::bigint, $2, 'mira@quay.example', sha256(convert_to($1::bigint::text, 'UTF8')), now())`,
    [providerId, made.account],
  );
  const event = await firstOf("events");
  const ids = {
    accounts: made.account,
    users: made.user,
    applications: made.application,
    services: made.service,
    application_plans: made.applicationPlan,
    account_plans: made.accountPlan,
    provider_users: made.providerUser,
    fields_definitions: made.field,
    service_contracts: await firstOf("service_subscriptions"),
    access_tokens: await firstOf("access_tokens"),
    invitations: await firstOf("invitations"),
    endpoints: endpoint,
    events: event,
    deliveries: deliveryId({ eventId: event, endpointId: endpoint }),
  };
  return { house, ids };
}

/** A path in which each parameter is the id of what the word before it says. */
const fillIn = (path: string, ids: Ids): string =>
  path.replaceAll(/([\w-]+)\/:\w+/g, (_, thing: string) => {
    const name = path.startsWith("/admin/api/users") && thing === "users" ? "provider_users" : thing;
    return `${thing}/${ids[name] ?? "1"}`;
  });

const columns = [
  ["accounts", "org_name"],
  ["users", "username"],
  ["applications", "name"],
  ["plans", "name"],
  ["products", "name"],
  ["provider_users", "username"],
  ["access_tokens", "name"],
  ["endpoints", "url_masked"],
  ["events", "account_name"],
  ["invitations", "email"],
] as const;

/** Marks all that a provider has, so that it shows wherever it comes out. */
async function mark(owner: Pool, providerId: number): Promise<void> {
  for (const [table, column] of columns) {
    await owner.query(`update ${table} set ${column} = 'canary-' || ${column} where provider_id = $1`, [providerId]);
  }
}

const snapshot = (pool: Pool, providerId: number): Promise<unknown[]> =>
  pool
    .query(
      columns
        .map(
          ([table]) =>
            `select '${table}' as table, json_agg(to_jsonb(it)::text order by to_jsonb(it)::text) as rows from ${table} it where provider_id = $1`,
        )
        .join(" union all "),
      [providerId],
    )
    .then((rows) => rows.map((row) => JSON.stringify(row)));

let callers = 0;

/** As whom a request is made. A session is a new one each time, since some requests end theirs. */
const credentials = {
  token: async ({ house }: Me) => ({ headers: { authorization: `Bearer ${house.token}` } }),
  key: async ({ house }: Me) => ({ headers: { authorization: `Bearer ${house.key}` } }),
  admin: (me: Me) => signIn(me, "admin"),
  developer: (me: Me) => signIn(me, "developer"),
} satisfies Record<string, (me: Me) => Promise<Credentials>>;

interface Me {
  readonly pool: Pool;
  readonly house: ApiHouse;
  readonly ids: Ids;
}

interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly form_token?: string;
}

async function signIn({ pool, house, ids }: Me, audience: Audience): Promise<Credentials> {
  const userId = Number(ids[audience === "admin" ? "provider_users" : "users"]);
  const session = { providerId: house.provider.id, audience, userId, now: new Date() };
  const { cookieValue, csrfToken } = await pool.inTransaction((tx) => createSession(tx, session));
  return {
    headers: { cookie: `bellwire_${audience}=${cookieValue}`, "x-csrf-token": csrfToken },
    form_token: csrfToken,
  };
}

function requestOf(
  { method, path }: Route,
  ids: Ids,
  host: string,
  { headers, form_token }: Credentials,
): InjectOptions {
  callers += 1;
  const isApi = isOfApi(path);
  const body = isApi ? { payload: {} } : { payload: new URLSearchParams({ form_token: form_token ?? "" }).toString() };
  return {
    method,
    url: fillIn(path, ids),
    remoteAddress: `10.0.${callers >> 8}.${callers & 255}`, // nobody is told to wait because of another's guesses
    headers: { host, ...headers, ...(isApi ? {} : { "content-type": "application/x-www-form-urlencoded" }) },
    ...(method === "GET" ? {} : body),
  };
}

const isOfApi = (path: string): boolean => /^\/(admin\/api|api\/v1)\//.test(path);
/** For whoever comes; a bin, for whoever knows its id. */
const isPublic = (path: string): boolean =>
  /openapi\.json$|^\/bins\/|^\/(healthz|readyz|metrics)$|assets|\/signup|\*/.test(path);
const isPrivatePage = (path: string): boolean => /^\/(account|applications)(\/|$)|^\/p\/admin$/.test(path);

const ways = [
  ["token", "admin"],
  ["key", "admin"],
  ["admin", "admin"],
  ["developer", "developer"],
] as const;

test.for(ways)(
  "a %s of one provider opens, shows and changes nothing of another's, on either one's %s side",
  { timeout: 120_000 },
  async ([as, side], { database: pool, owner }) => {
    await using doors = await openEveryDoor(pool, { baseDomain });
    const [mine, theirs] = [await settle(pool, doors.http), await settle(pool, doors.http)];
    await mark(owner, theirs.house.provider.id);
    const before = await snapshot(pool, theirs.house.provider.id);
    const hostOf = ({ house }: { house: ApiHouse }): string =>
      side === "admin" ? house.host : `${house.provider.subdomain}.${baseDomain}`;

    const routes = routesOf(doors.http).filter(({ path }) => !isPublic(path));
    expect(routes.length).toBeGreaterThan(150); // else they are no longer found
    for (const route of routes) {
      for (const host of [hostOf(mine), hostOf(theirs)]) {
        if (host === hostOf(mine) && (route.path.endsWith("/stream") || !route.path.includes(":"))) continue;
        const answer = await doors.http.inject(
          requestOf(route, theirs.ids, host, await credentials[as]({ pool, ...mine })),
        );
        const said = `${route.method} ${route.path} at ${host} answers ${answer.statusCode}`;
        expect([said, answer.body]).toEqual([said, expect.not.stringContaining("canary")]);
        expect([said, answer.statusCode < 500]).toEqual([said, true]);
        if (isOfApi(route.path) && host === hostOf(theirs))
          expect([said, [401, 403].includes(answer.statusCode)]).toEqual([said, true]);
        if (isOfApi(route.path) || isPrivatePage(route.path))
          expect([said, answer.statusCode >= 300]).toEqual([said, true]);
      }
    }
    expect(await snapshot(pool, theirs.house.provider.id)).toEqual(before);
  },
);
