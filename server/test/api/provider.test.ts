import { expect } from "vitest";
import { indentXml } from "#platform/xml.ts";
import { memberSections } from "#portal/provider-account/index.ts";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";

const idOfAdmin = async (api: ProviderApi): Promise<number> =>
  Number(/"id":(\d+)/.exec((await api.send("GET", "/users.json")).body)?.[1]);

test("the last admin of a provider can be neither deleted, suspended nor made a member", async ({ api }) => {
  const admin = await idOfAdmin(api);
  for (const [method, path] of [
    ["DELETE", `/users/${admin}.json`],
    ["PUT", `/users/${admin}/member.json`],
    ["PUT", `/users/${admin}/suspend.json`],
  ] as const) {
    const response = await api.send(method, path);
    expect([path, response.statusCode, response.json()]).toEqual([
      path,
      403,
      {
        errors: {
          base: [method === "DELETE" ? "Can't delete last admin" : "The last admin must remain an active admin"],
        },
      },
    ]);
  }
});

test("a rejected transition of a provider's user returns the unchanged user", async ({ api }) => {
  const payload = { username: "grace", email: "grace@acme.test", password: "a long enough password" };
  const { id } = (await api.send("POST", "/users.json", { payload })).json().user;
  const refused = async (step: string, from: string) => {
    const [json, xml] = [
      await api.send("PUT", `/users/${id}/${step}.json`),
      await api.send("PUT", `/users/${id}/${step}.xml`),
    ];
    const user = (await api.send("GET", `/users/${id}.xml`)).body;
    const error = `State cannot transition via "${step}"`;
    const object = (await api.send("GET", `/users/${id}.json`)).json();
    expect([json.statusCode, json.json()]).toEqual([422, { error: { from, event: step, error, object } }]);
    const shown = user.slice(xmlDeclaration.length).replace("<extra_fields></extra_fields>", "<extra_fields/>");
    const oneLine = `<error><from>${from}</from><event>${step}</event><error>${error}</error>${shown}</error>`;
    expect([xml.statusCode, xml.body]).toEqual([422, indentXml(oneLine)]);
  };

  await refused("suspend", "pending");
  await api.send("PUT", `/users/${id}/activate.json`);
  await api.send("PUT", `/users/${id}/suspend.json`);
  // A rejected activation does not return the user.
  for (const step of ["activate", "unsuspend", "activate"]) {
    const response = await api.send("PUT", `/users/${id}/${step}.json`);
    if (step === "unsuspend") expect(response.statusCode).toBe(200);
    else
      expect([response.statusCode, response.json()]).toEqual([
        422,
        { errors: { state: [`cannot transition via "${step}"`] } },
      ]);
  }
});

test("a member's permissions follow the sections immediately", async ({ api }) => {
  const payload = { username: "grace", email: "grace@acme.test", password: "a long enough password" };
  const { id } = (await api.send("POST", "/users.json", { payload })).json().user;
  await api.send("PUT", `/users/${id}/activate.json`);
  const created = await api.send("POST", `/users/${id}/access_tokens.json`, {
    payload: { name: "t", permission: "rw", scopes: ["account_management"] },
    headers: { authorization: `Bearer ${api.key}` },
  });
  const headers = { authorization: `Bearer ${created.json().access_token.value}` };
  const mayRead = async (): Promise<number> => (await api.send("GET", "/accounts.xml", { headers })).statusCode;

  expect(await mayRead()).toBe(403);
  const permitted = await api.send("PUT", `/users/${id}/permissions.json`, {
    payload: { allowed_sections: ["partners"] },
  });
  expect(permitted.json().permissions).toMatchObject({ user_id: id, role: "member", allowed_sections: ["partners"] });
  expect(await mayRead()).toBe(200);
  const nothing = await api.send("PUT", `/users/${id}/permissions.json`, { payload: {} });
  expect([nothing.statusCode, nothing.body]).toEqual([400, "Required parameter missing: permissions"]);
  expect((await api.send("GET", `/users/${id}/permissions.json`)).json()).toEqual(permitted.json());
});

test("unknown sections and services are ignored, and the others apply", async ({ api, otherApi }) => {
  const payload = { username: "grace", email: "grace@acme.test" };
  const { id } = (await api.send("POST", "/users.json", { payload })).json().user;
  const [own, foreign] = [await api.send("GET", "/services.json"), await otherApi.send("GET", "/services.json")].map(
    (response) => Number(response.json().services[0].service.id),
  );
  const send = async (permissions: object): Promise<unknown> => {
    const { user_id, role, links, ...allowed } = (
      await api.send("PUT", `/users/${id}/permissions.json`, { payload: permissions })
    ).json().permissions;
    expect([user_id, role, links.length]).toEqual([id, "member", 1]);
    return allowed;
  };

  expect(await send({ allowed_sections: ["portal", "everything", "services", "monitoring"] })).toEqual({
    allowed_sections: ["monitoring", "portal"],
    allowed_service_ids: null,
  });
  expect(await send({ permissions: { allowed_sections: ["everything"] } })).toMatchObject({ allowed_sections: [] });
  expect(await send({ allowed_service_ids: [own, foreign, 999_999_999, "all"] })).toMatchObject({
    allowed_service_ids: [own],
  });
  expect(await send({ allowed_service_ids: own })).toMatchObject({ allowed_service_ids: [own] });
  expect(await send({ allowed_sections: ["plans"] })).toMatchObject({ allowed_sections: ["plans"] });
  for (const allowed_sections of [null, ""]) {
    const kept = await send({ allowed_sections, allowed_service_ids: [own] });
    expect([allowed_sections, kept]).toEqual([
      allowed_sections,
      { allowed_sections: ["plans"], allowed_service_ids: [own] },
    ]);
  }
  expect(await send({ allowed_sections: [] })).toMatchObject({ allowed_sections: [] });
  expect(await send({ allowed_service_ids: [foreign] })).toMatchObject({ allowed_service_ids: [] });
});

test("only the provider key updates an admin's permissions, which apply once the admin becomes a member", async ({
  api,
}) => {
  const admin = await idOfAdmin(api);
  const update = (format: string, headers = {}) =>
    api.send("PUT", `/users/${admin}/permissions.${format}`, { payload: { allowed_sections: ["plans"] }, headers });
  const [inJson, inXml] = [await update("json"), await update("xml")];
  expect([inJson.statusCode, inJson.body]).toEqual([403, '{"status":"Forbidden"}']);
  expect([inXml.statusCode, inXml.body]).toEqual([403, ""]);

  const byKey = await update("json", { authorization: `Bearer ${api.key}` });
  expect([byKey.statusCode, byKey.json().permissions.allowed_service_ids]).toEqual([200, null]);
  expect(byKey.json().permissions.allowed_sections).toHaveLength(memberSections.length);
  const remaining = await api.pool.query("select sections from provider_users where id = $1", [admin]);
  expect(remaining).toEqual([{ sections: ["plans"] }]);
});

test("a user can be created without a password and with permissions, but not without an email", async ({ api }) => {
  const add = (username: string, more: object, headers = {}) =>
    api.send("POST", "/users.json", { payload: { username, email: `${username}@acme.test`, ...more }, headers });
  const added = await add("grace", { member_permission_ids: ["plans"], member_permission_service_ids: "[]" });
  expect([added.statusCode, added.json().user.state]).toEqual([201, "pending"]);
  const { id } = added.json().user;
  const permissions = async () => (await api.send("GET", `/users/${id}/permissions.json`)).json().permissions;
  expect(await permissions()).toMatchObject({ allowed_sections: ["plans"], allowed_service_ids: [] });

  const update = { payload: { member_permission_ids: ["finance"] } };
  expect((await api.send("PUT", `/users/${id}.json`, update)).statusCode).toBe(200);
  expect(await permissions()).toMatchObject({ allowed_sections: ["finance"], allowed_service_ids: [] });

  const bare = await api.send("POST", "/users.json", { payload: { username: "ida" } });
  expect([bare.statusCode, bare.json()]).toEqual([422, { errors: { email: ["should look like an email address"] } }]);
  const cas = await add("ida", { cas_identifier: "ida" });
  expect([cas.statusCode, cas.json()]).toEqual([422, { errors: { cas_identifier: ["is not supported"] } }]);
});

test("the first admin can change the password, whatever username the operator chose", async ({ api }) => {
  const admin = "update provider_users set username = 'ops team' where provider_id = $1 returning id";
  const [{ id } = { id: 0 }] = await api.pool.query<{ id: number }>(admin, [api.provider.id]);
  const update = (payload: object) => api.send("PUT", `/users/${id}.json`, { payload });
  expect((await update({ username: "ops team", password: "a new long password" })).statusCode).toBe(200);
  expect((await update({ username: "ops crew" })).json().errors).toHaveProperty("username");
  expect((await update({ email: "nonsense" })).json().errors).toHaveProperty("email");
});

test("permissions that a member sends for itself are ignored", async ({ api }) => {
  const headers = { authorization: `Bearer ${await api.addToken({ role: "member", sections: ["partners"] })}` };
  const [own] = await api.pool.query<{ id: number }>(
    "select id from provider_users where provider_id = $1 and role = 'member'",
    [api.provider.id],
  );
  const payload = { email: "own@acme.test", member_permission_ids: ["settings"], member_permission_service_ids: "" };
  expect((await api.send("PUT", `/users/${own?.id}.json`, { payload, headers })).statusCode).toBe(200);
  const after = await api.pool.query("select sections, email from provider_users where id = $1", [own?.id]);
  expect(after).toEqual([{ sections: ["partners"], email: "own@acme.test" }]);
});

test("a member can read and update only its own user", async ({ api }) => {
  const admin = await idOfAdmin(api);
  const headers = { authorization: `Bearer ${await api.addToken({ role: "member", sections: ["partners"] })}` };
  const own = await api.pool.query<{ id: number }>(
    "select id from provider_users where provider_id = $1 and role = 'member'",
    [api.provider.id],
  );
  const status = async (method: "GET" | "PUT", path: string): Promise<number> =>
    (await api.send(method, path, { headers, ...(method === "PUT" ? { payload: {} } : {}) })).statusCode;

  expect(await status("GET", `/users/${own[0]?.id}.xml`)).toBe(200);
  expect(await status("GET", `/users/${own[0]?.id}/permissions.xml`)).toBe(200);
  expect(await status("GET", `/users/${admin}.xml`)).toBe(403);
  expect(await status("GET", `/users/${admin}/permissions.xml`)).toBe(403);
  expect(await status("PUT", `/users/${admin}.xml`)).toBe(403);
  expect(await status("GET", "/users.xml")).toBe(403);
});

test("the provider's XML contains only the caller's own user for members, and all users for admins", async ({
  api,
}) => {
  const headers = { authorization: `Bearer ${await api.addToken({ role: "member", sections: ["partners"] })}` };
  const roles = async (more: object): Promise<readonly string[]> => {
    const { body } = await api.send("GET", "/provider.xml", more);
    return Array.from(body.matchAll(/<role>(\w+)<\/role>/g), ([, role = ""]) => role);
  };
  expect(await roles({ headers })).toEqual(["member"]);
  expect(await roles({})).toEqual(["admin", "member"]);
});

test("an update changes only the sent settings, and invalid values are rejected", async ({ api }) => {
  const before = (await api.send("GET", "/settings.json")).json().settings;
  const payload = { signups_enabled: "0", change_account_plan_permission: "direct" };
  const after = (await api.send("PUT", "/settings.json", { payload })).json().settings;
  const wrong = await api.send("PUT", "/settings.json", { payload: { change_account_plan_permission: "never" } });

  expect(after).toEqual({ ...before, signups_enabled: false, change_account_plan_permission: "direct" });
  expect([wrong.statusCode, Object.keys(wrong.json().errors)]).toEqual([422, ["change_account_plan_permission"]]);
  expect((await api.send("GET", "/settings.xml")).statusCode).toBe(406);
});

test("wrapped and flat updates of email activation, password length, time zone and webhooks apply immediately", async ({
  api,
}) => {
  const read = async () => (await api.send("GET", "/settings.json")).json().settings;
  const update = async (payload: object) => (await api.send("PUT", "/settings.json", { payload })).json().settings;
  const before = await read();
  const settings = { email_activation: true, password_length_min: 20, time_zone: "Asia/Kolkata", web_hooks: "denied" };

  expect(before).toMatchObject({ email_activation: null, password_length_min: 12, time_zone: "UTC" });
  expect(await update({ settings })).toEqual({ ...before, ...settings });
  expect(await read()).toEqual({ ...before, ...settings });
  expect((await api.send("GET", "/provider.xml")).body).toContain("+05:30</created_at>");
  expect((await api.send("GET", "/webhooks/failures.xml")).statusCode).toBe(403);
  const short = { username: "grace", email: "grace@acme.test", password: "fifteen letters" };
  expect((await api.send("POST", "/users.json", { payload: short })).json().errors).toEqual({
    password: ["is too short (minimum is 20 characters)"],
  });
  const changed = { email_activation: null, password_length_min: 9, web_hooks: "hidden" };
  expect(await update(changed)).toEqual({ ...before, ...settings, ...changed });
});

test("settings are parsed from a form; an empty text resets email_activation", async ({ api }) => {
  const update = async (payload: string) =>
    (
      await api.send("PUT", "/settings.json", {
        payload,
        headers: { "content-type": "application/x-www-form-urlencoded" },
      })
    ).json().settings;

  expect(await update("email_activation=0&password_length_min=16")).toMatchObject({
    email_activation: false,
    password_length_min: 16,
  });
  expect(await update("settings[email_activation]=&settings[time_zone]=Europe/Oslo")).toMatchObject({
    email_activation: null,
    time_zone: "Europe/Oslo",
  });
});

test.for([
  ["time_zone", "+05:30"],
  ["time_zone", "Mars/Olympus"],
  ["time_zone", null],
  ["password_length_min", 7],
  ["password_length_min", "12.5"],
  ["password_length_min", null],
  ["web_hooks", "off"],
] as const)("%s cannot be set to %s, and no other setting changes with it", async ([name, value], { api }) => {
  const before = (await api.send("GET", "/settings.json")).body;
  const payload = { signups_enabled: false, [name]: value };
  const response = await api.send("PUT", "/settings.json", { payload });

  expect([response.statusCode, Object.keys(response.json().errors)]).toEqual([422, [name]]);
  expect((await api.send("GET", "/settings.json")).body).toBe(before);
});

test("a member with the section `settings` can update settings, except web_hooks", async ({ api }) => {
  const token = await api.addToken({ role: "member", sections: ["partners", "settings"] });
  const update = async (payload: object): Promise<number> =>
    (await api.send("PUT", "/settings.json", { payload, headers: { authorization: `Bearer ${token}` } })).statusCode;

  expect(await update({ password_length_min: 16 })).toBe(200);
  expect(await update({ password_length_min: 12, web_hooks: "denied" })).toBe(403);
  expect((await api.send("GET", "/settings.json")).json().settings).toMatchObject({
    password_length_min: 16,
    web_hooks: "visible",
  });
});

test("the provider's document has the hosts of both portals, and an empty support_email removes the address", async ({
  api,
}) => {
  const { subdomain } = api.provider;
  await api.send("PUT", "/provider.json", { payload: { support_email: "help@acme.test" } });

  expect((await api.send("GET", "/provider.json")).json().account).toMatchObject({
    domain: `${subdomain}.bellwire.test`,
    admin_domain: `${subdomain}-admin.bellwire.test`,
    support_email: "help@acme.test",
  });
  expect((await api.send("PUT", "/provider.xml", { payload: { support_email: "" } })).body).toContain(
    "<support_email/>",
  );
  expect((await api.send("PUT", "/provider.json", { payload: { from_email: "nobody" } })).statusCode).toBe(422);
});

test("the response to an update is the document that a read returns, also if nothing changed", async ({
  api,
  clock,
}) => {
  for (const payload of [{ support_email: "help@acme.test" }, { support_email: "help@acme.test" }]) {
    await clock.advance(60_000);
    const updated = await api.send("PUT", "/provider.json", { payload });
    expect(updated.json()).toEqual((await api.send("GET", "/provider.json")).json());
  }
});
