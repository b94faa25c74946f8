import type { InjectOptions } from "fastify";
import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { createUser } from "#portal/users/index.ts";
import { byForm, now, setUp, signUp } from "../portal/portal-fixture.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { passwords } from "../support/passwords.ts";
import { test as base } from "../support/test.ts";

const baseDomain = "bellwire.test";

const test = base.extend("http", { scope: "file" }, async ({ sharedPool }, { onCleanup }) => {
  const server = await openWebServer(sharedPool, { baseDomain });
  onCleanup(() => server[Symbol.asyncDispose]());
  return server.http;
});

interface Scene {
  readonly providerId: number;
  readonly host: string;
  readonly token: string;
  readonly ids: Readonly<Record<"account" | "user" | "application" | "provider_user", number>>;
}

/** Creates an account with an admin, a member and an application, and a member of the provider. */
async function setScene(pool: Pool): Promise<Scene> {
  const { provider, accessToken: token } = await setUp(pool);
  const { details, applications } = await signUp(pool, { provider, by: byForm });
  const values = { username: "mira", email: "mira@fjord.example" };
  const by = { actor: { kind: "key" }, channel: "api", now } as const;
  const created = await createUser(pool, passwords, { provider, accountId: details.account.id, values, by });
  const [colleague] = await pool.query<{ id: number }>(
    `insert into provider_users (provider_id, username, password_hash, role) values ($1, 'colleague', 'none', 'member')
     returning id`,
    [provider.id],
  );
  if (!created || !("user" in created)) throw new Error(JSON.stringify(created));
  return {
    providerId: provider.id,
    host: `${provider.subdomain}-admin.${baseDomain}`,
    token,
    ids: {
      account: details.account.id,
      user: created.user.id,
      application: applications[0]?.id ?? 0,
      provider_user: colleague?.id ?? 0,
    },
  };
}

/** The results of the steps by state: the next state, no change ("="), a rejection ("refused") or a deletion ("gone"). */
type Leads = Readonly<Record<string, readonly string[]>>;

interface Machine {
  readonly table: "accounts" | "users" | "applications" | "provider_users";
  readonly of: keyof Scene["ids"];
  readonly steps: readonly (readonly [step: string, request: string, event?: string])[];
  readonly leads: Leads;
}

const no = "refused";
const user = "PUT /admin/api/accounts/{account}/users/{user}";
const application = "PUT /admin/api/accounts/{account}/applications/{application}";

const machines: readonly Machine[] = [
  {
    table: "accounts",
    of: "account",
    steps: [
      ["make pending", "PUT /admin/api/accounts/{account}/make_pending.json", "account.updated"],
      ["approve", "PUT /admin/api/accounts/{account}/approve.json", "account.updated"],
      ["reject", "PUT /admin/api/accounts/{account}/reject.json", "account.updated"],
      ["suspend", "POST /api/v1/accounts/{account}/suspend", "account.updated"],
      ["resume", "POST /api/v1/accounts/{account}/resume", "account.updated"],
    ],
    leads: {
      created: ["pending", "approved", "rejected", "suspended", no],
      pending: [no, "approved", "rejected", "suspended", no],
      approved: ["pending", no, "rejected", "suspended", no],
      rejected: ["pending", "approved", no, "suspended", no],
      suspended: [no, no, no, "=", "approved"],
      scheduled_for_deletion: [no, no, no, "suspended", "approved"],
    },
  },
  {
    table: "users",
    of: "user",
    steps: [
      ["activate", `${user}/activate.json`, "user.updated"],
      ["suspend", `${user}/suspend.json`, "user.updated"],
      ["unsuspend", `${user}/unsuspend.json`, "user.updated"],
    ],
    leads: {
      pending: ["active", no, no],
      active: ["=", "suspended", no],
      suspended: [no, "=", "active"],
      email_unverified: [no, no, no],
    },
  },
  {
    table: "applications",
    of: "application",
    steps: [
      ["accept", `${application}/accept.json`, "application.updated"],
      ["suspend", `${application}/suspend.json`, "application.suspended"],
      ["resume", `${application}/resume.json`, "application.updated"],
      ["reject", "POST /api/v1/applications/{application}/reject", "application.deleted"],
    ],
    leads: {
      pending: ["live", no, no, "gone"],
      live: [no, "suspended", no, no],
      suspended: [no, no, "live", no],
    },
  },
  {
    table: "provider_users",
    of: "provider_user",
    steps: [
      ["activate", "PUT /admin/api/users/{provider_user}/activate.json"],
      ["suspend", "PUT /admin/api/users/{provider_user}/suspend.json"],
      ["unsuspend", "PUT /admin/api/users/{provider_user}/unsuspend.json"],
    ],
    leads: {
      pending: ["active", no, no],
      active: [no, "suspended", no],
      suspended: [no, "=", "active"],
    },
  },
];

const cases = machines.flatMap(({ table, of, steps, leads }) =>
  Object.entries(leads).flatMap(([from, tos]) =>
    steps.map(([step, request, event], at) => [step, from, of, tos[at] ?? no, { table, request, event }] as const),
  ),
);

test.for(cases)(
  "the step %s from the state %s of the %s leads to: %s",
  async ([step, from, of, to, { table, request, event }], { sharedPool: pool, http }) => {
    const scene = await setScene(pool);
    const id = scene.ids[of];
    await pool.query(`update ${table} set state = $2 where id = $1`, [id, from]);
    const [before, earlier] = [await rowOf(pool, table, id), await eventsOf(pool, scene)];

    const answer = await http.inject(requestTo(scene, request));

    const after = await rowOf(pool, table, id);
    const events = (await eventsOf(pool, scene)).slice(earlier.length);
    const isChanged = to !== "=" && to !== no;
    expect([answer.body, answer.statusCode]).toEqual([answer.body, to === no ? 422 : expect.toBeOneOf([200, 204])]);
    if (to === no) expect(answer.body).toContain(String.raw`cannot transition via \"${step}\"`);
    expect(events).toEqual(isChanged && event !== undefined ? [to === "gone" ? "application.deleted" : event] : []);
    if (isChanged) expect(after?.["state"]).toBe(to === "gone" ? undefined : to);
    else expect(after).toEqual(before);
  },
);

const requestTo = ({ host, token, ids }: Scene, request: string): InjectOptions => {
  const [method, path = ""] = request.split(" ");
  return {
    method: method === "PUT" ? "PUT" : "POST",
    url: Object.entries(ids).reduce((url, [name, id]) => url.replaceAll(`{${name}}`, String(id)), path),
    headers: { host, authorization: `Bearer ${token}` },
    payload: {},
  };
};

type Row = Readonly<Record<string, unknown>>;

const rowOf = async (pool: Pool, table: string, id: number): Promise<Row | undefined> =>
  (await pool.query<{ row: Row }>(`select to_jsonb(stored) as row from ${table} stored where id = $1`, [id]))[0]?.row;

const eventsOf = async (pool: Pool, { providerId }: Scene): Promise<readonly string[]> =>
  (await pool.query<{ type: string }>(`select type from events where provider_id = $1 order by id`, [providerId])).map(
    ({ type }) => type,
  );
