import { expect } from "vitest";
import type { ChangeContext } from "#access/index.ts";
import { deleteAccount, signUpAccount, updateAccount } from "#portal/accounts/index.ts";
import { regenerateUserKey } from "#portal/applications/index.ts";
import { updateUser } from "#portal/users/index.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import type { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { passwords } from "../support/passwords.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";

const hourMs = 3_600_000;

interface Entry {
  readonly id: string;
  readonly type: string;
  readonly object_id: number;
  readonly object_name: string | null;
  readonly actor: { readonly kind: string; readonly name: string | null };
  readonly channel: string;
  readonly compared_with: string | null;
  readonly changes: readonly { readonly field: string; readonly before?: unknown; readonly after?: unknown }[];
  readonly notified: unknown;
}

/** A signed-up account, and functions that change it an hour after the change before. */
async function openScene({ pool, provider, ...api }: BellwireApi, clock: HandDrivenClock) {
  const values = {
    org_name: "Harbour",
    username: "mira",
    email: "mira@harbour.example",
    password: "correct-horse-12",
    password_confirmation: "correct-horse-12",
  };
  const by = { via: "form", address: "203.0.113.7", mailIsSent: false, activationUrl: () => "" } as const;
  const signedUp = await signUpAccount(pool, passwords, { provider, values, requestedPlans: [], by, now: clock.now() });
  if (!("details" in signedUp)) throw new Error(JSON.stringify(signedUp));
  const [[user], [application]] = [signedUp.details.users, signedUp.applications];
  if (!user || !application) throw new Error("The sign-up created no user or no application.");
  const ids = { account: signedUp.details.account.id, user: user.id, application: application.id };
  const change = async () => {
    await clock.advance(hourMs);
    const context: ChangeContext = {
      actor: { kind: "developer", userId: ids.user },
      channel: "developer_portal",
      now: clock.now(),
    };
    return { provider, accountId: ids.account, by: context };
  };
  return {
    ids,
    application,
    rename: async (name: string) =>
      mustSucceed(await updateAccount(pool, { ...(await change()), values: { org_name: name }, writer: "program" })),
    changeEmail: async (email: string) =>
      mustSucceed(
        await updateUser(pool, passwords, {
          ...(await change()),
          userId: ids.user,
          values: { email },
          writer: "program",
        }),
      ),
    regenerateUserKey: async () =>
      mustSucceed(
        await regenerateUserKey(pool, { ...(await change()), applicationId: ids.application, writer: "program" }),
      ),
    deleteAccount: async () => deleteAccount(pool, await change()),
    read: async (path: string) => (await api.call("GET", path)).json(),
    list: async (path: string): Promise<readonly Entry[]> => (await api.call("GET", path)).json().data,
  };
}

function mustSucceed(outcome: object | undefined): void {
  if (!outcome || "refused" in outcome) throw new Error(JSON.stringify(outcome));
}

test("an account's history names actor, channel, changed fields and notified endpoints", async ({ api, clock }) => {
  const { pool, provider } = api;
  const scene = await openScene(api, clock);
  const url = "http://127.0.0.1:9/";
  const crm = await buildEndpoint(pool, { providerId: provider.id, url, name: "crm" });
  const billing = await buildEndpoint(pool, { providerId: provider.id, url, name: "billing", eventTypes: [] });
  await scene.rename("Harbour & Sons");
  const [newest, first, ...rest] = await scene.list(`/accounts/${scene.ids.account}/history`);
  expect(rest).toEqual([]);
  expect(newest).toMatchObject({
    type: "account.updated",
    object_name: "Harbour & Sons",
    actor: { kind: "developer", user_id: scene.ids.user, name: "mira" },
    channel: "developer_portal",
    compared_with: first?.id,
    changes: [
      {
        field: "org_name",
        label: "Organization/Group Name",
        kind: "changed",
        before: "Harbour",
        after: "Harbour & Sons",
      },
    ],
    changes_total: 1,
    notified: {
      total: 2,
      endpoints: [
        { endpoint_id: crm, endpoint_name: "crm", state: "pending", gate: null, delivery_id: `${newest?.id}.${crm}` },
        { endpoint_id: billing, state: "withheld", gate: "switch_off", delivery_id: null },
      ],
    },
  });
  expect(first).toMatchObject({ type: "account.created", compared_with: null });
  expect(first?.changes).toContainEqual(
    expect.objectContaining({ field: "org_name", kind: "added", after: "Harbour" }),
  );
});

test("an account's history includes its users and applications on request, in pages without gaps", async ({
  api,
  clock,
}) => {
  const scene = await openScene(api, clock);
  await scene.changeEmail("mira@quay.example");
  await scene.regenerateUserKey();
  await scene.rename("Quay");
  const path = `/accounts/${scene.ids.account}/history`;
  const typesOf = (entries: readonly Entry[]): readonly string[] => entries.map(({ type }) => type);
  expect(typesOf(await scene.list(path))).toEqual(["account.updated", "account.created"]);
  expect(typesOf(await scene.list(`${path}?include=users`))).toEqual([
    "account.updated",
    "user.updated",
    "user.created",
    "account.created",
  ]);
  const all = await scene.list(`${path}?include=users&include=applications`);
  expect(all).toHaveLength(7);
  const pages: Entry[] = [];
  for (let after: string | null = ""; after !== null;) {
    const page: { data: Entry[]; next: string | null } = await scene.read(
      `${path}?include=users&include=applications&limit=2${after && `&after=${after}`}`,
    );
    pages.push(...page.data);
    after = page.next;
  }
  expect(pages).toEqual(all);
  const since = new Date(clock.now().getTime() - hourMs / 2).toISOString();
  expect(typesOf(await scene.list(`${path}?include=users&since=${since}`))).toEqual(["account.updated"]);
});

test("an account's change does not contain changes of its users", async ({ api, clock }) => {
  const scene = await openScene(api, clock);
  await scene.changeEmail("mira@quay.example");
  await scene.rename("Quay");
  const [newest] = await scene.list(`/accounts/${scene.ids.account}/history`);
  expect(newest?.changes.map(({ field }) => field)).toEqual(["org_name"]);
});

test("lists, entries and versions contain no credentials", async ({ api, clock }) => {
  const scene = await openScene(api, clock);
  await scene.regenerateUserKey();
  const path = `/applications/${scene.ids.application}`;
  const [newest] = await scene.list(`${path}/history`);
  const shown = await Promise.all([
    scene.read(`${path}/history`),
    scene.read(`${path}/history/${newest?.id}`),
    scene.read(`${path}/version?at=${clock.now().toISOString()}`),
  ]);
  const [{ userKey }] = [scene.application];
  expect(JSON.stringify(shown)).toContain(`…${userKey.slice(-4)}`);
  expect(JSON.stringify(shown)).not.toContain(userKey);
  expect(JSON.stringify(shown)).not.toMatch(/"[0-9a-f]{32}"/);
});

test("an entry contains the object before and after the event", async ({ api, clock }) => {
  const scene = await openScene(api, clock);
  await scene.rename("Quay");
  const path = `/accounts/${scene.ids.account}/history`;
  const [newest] = await scene.list(path);
  expect(await scene.read(`${path}/${newest?.id}`)).toMatchObject({
    document_before: { org_name: "Harbour" },
    document: { org_name: "Quay" },
  });
});

test("a version is the object as of a time, an account with its users of that time", async ({ api, clock }) => {
  const scene = await openScene(api, clock);
  const signedUpAt = clock.now();
  await scene.rename("Quay");
  const renamedAt = clock.now();
  await scene.changeEmail("mira@quay.example");
  const changedAt = clock.now();
  const at = (time: Date) => scene.read(`/accounts/${scene.ids.account}/version?at=${time.toISOString()}`);
  const version = (state: string, org_name: string, email: string) => ({
    state,
    document: { org_name, users: [{ email }] },
  });
  expect(await at(signedUpAt)).toMatchObject(version("existed", "Harbour", "mira@harbour.example"));
  expect(await at(renamedAt)).toMatchObject(version("existed", "Quay", "mira@harbour.example"));
  expect(await at(changedAt)).toMatchObject(version("existed", "Quay", "mira@quay.example"));
  expect((await at(changedAt)).fields).toContainEqual({
    field: `users[${scene.ids.user}].email`,
    label: "User mira: Email",
    value: "mira@quay.example",
    masked: false,
  });
  expect(await at(new Date(signedUpAt.getTime() - 1))).toMatchObject({ state: "not_created", document: null });
});

test("a deleted account and its user keep their histories and the user's name", async ({ api, clock }) => {
  const scene = await openScene(api, clock);
  await scene.rename("Quay");
  await scene.deleteAccount();
  const account = await scene.list(`/accounts/${scene.ids.account}/history`);
  expect(account.map(({ type }) => type)).toEqual(["account.deleted", "account.updated", "account.created"]);
  expect(account[0]?.changes).toContainEqual(expect.objectContaining({ field: "org_name", kind: "removed" }));
  expect(account[1]).toMatchObject({ actor: { name: "mira" } });
  const [user] = await scene.list(`/users/${scene.ids.user}/history`);
  expect(user).toMatchObject({ type: "user.deleted", object_name: "mira" });
  const { state, document } = await scene.read(
    `/accounts/${scene.ids.account}/version?at=${clock.now().toISOString()}`,
  );
  expect([state, document]).toEqual(["deleted", null]);
});

test("an object without stored events has an empty history, and an unknown object is not found", async ({
  api,
  clock,
}) => {
  const { pool, provider } = api;
  const scene = await openScene(api, clock);
  const [plan] = await pool.query<{ id: number }>(
    `select plan_id as id from accounts where provider_id = $1 and id = $2`,
    [provider.id, scene.ids.account],
  );
  const [silent] = await pool.query<{ id: number }>(
    `insert into accounts (provider_id, org_name, plan_id) values ($1, 'Silent', $2) returning id`,
    [provider.id, plan?.id],
  );
  expect(await scene.read(`/accounts/${silent?.id}/history`)).toEqual({ data: [], next: null });
  expect(await scene.read(`/accounts/${silent?.id}/version?at=${clock.now().toISOString()}`)).toMatchObject({
    state: "not_kept",
  });
  for (const path of [
    `/accounts/${scene.ids.user}/history`,
    `/users/${scene.ids.account}/history`,
    `/applications/1/version?at=${clock.now().toISOString()}`,
  ]) {
    expect([path, (await api.call("GET", path)).statusCode]).toEqual([path, 404]);
  }
});

test("members read histories without notified endpoints, and only of products in their scope", async ({
  api,
  clock,
}) => {
  const scene = await openScene(api, clock);
  await buildEndpoint(api.pool, { providerId: api.provider.id, url: "http://127.0.0.1:9/" });
  await scene.rename("Quay");
  const as = async (serviceIds: readonly number[]) => {
    const token = await api.addToken({ role: "member", sections: ["partners"], serviceIds });
    return { headers: { authorization: `Bearer ${token}` } };
  };
  const outside = await as([]);
  const path = `/accounts/${scene.ids.account}/history?include=applications`;
  const { data } = (await api.call("GET", path, outside)).json();
  expect(data.map(({ type }: Entry) => type)).toEqual(["account.updated", "account.created"]);
  expect(data[0].notified).toBeNull();
  expect(JSON.stringify(data)).not.toContain("service_id");
  // The pages of histories name the types.
  expect((await api.call("GET", "/event_types", outside)).statusCode).toBe(200);
  const ofApplication = `/applications/${scene.ids.application}/history`;
  expect((await api.call("GET", ofApplication, outside)).statusCode).toBe(404);
  const inside = await as([scene.application.product.id]);
  expect((await api.call("GET", ofApplication, inside)).json().data).toHaveLength(1);
});

test("pages of large changes are shorter, and have all changes once", async ({ api, clock }) => {
  const scene = await openScene(api, clock);
  const { pool, provider } = api;
  const names = Array.from({ length: 6 }, (_, at) => `note_${at}`);
  await pool.query(
    `insert into fields_definitions (provider_id, target, name, label, position)
     select $1, 'Account', name, name, 9 from unnest($2::text[]) as name`,
    [provider.id, names],
  );
  const fields = Object.fromEntries(names.map((name) => [name, "n".repeat(10_000)]));
  await pool.query("update accounts set fields = $2 where provider_id = $1", [provider.id, fields]);
  for (let change = 1; change <= 36; change += 1) await scene.rename(`Harbour ${change}`);

  const lengths: number[] = [];
  const read: Entry[] = [];
  let after: string | null = "";
  while (after !== null) {
    const query: string = after === "" ? "" : `&after=${after}`;
    const page = await scene.read(`/accounts/${scene.ids.account}/history?limit=200${query}`);
    lengths.push(page.data.length);
    read.push(...page.data);
    after = page.next;
  }
  expect(lengths).toEqual([16, 16, 5]);
  expect(read.map(({ changes }) => changes[0]?.after)).toEqual(
    Array.from({ length: 36 }, (_, at) => `Harbour ${36 - at}`).concat([expect.anything()]),
  );
});
