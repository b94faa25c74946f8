import { expect } from "vitest";
import { test, xmlDeclaration, type ApiHouse } from "./api-test.ts";

const idOfAdmin = async (api: ApiHouse): Promise<number> =>
  Number(/"id":(\d+)/.exec((await api.ask("GET", "/users.json")).body)?.[1]);

test("the last admin of a provider stays, and stays an admin who can sign in", async ({ api }) => {
  const admin = await idOfAdmin(api);
  for (const [method, path] of [
    ["DELETE", `/users/${admin}.json`],
    ["PUT", `/users/${admin}/member.json`],
    ["PUT", `/users/${admin}/suspend.json`],
  ] as const) {
    const answer = await api.ask(method, path);
    expect([path, answer.statusCode, answer.json()]).toEqual([
      path,
      403,
      { errors: { base: ["The last admin cannot go"] } },
    ]);
  }
});

test("a step that does not lead on from a colleague's state is refused with the colleague as he is", async ({
  api,
}) => {
  const payload = { username: "grace", email: "grace@acme.test", password: "a long enough password" };
  const { id } = (await api.ask("POST", "/users.json", { payload })).json().user;
  const refused = async (step: string, from: string) => {
    const [json, xml] = [
      await api.ask("PUT", `/users/${id}/${step}.json`),
      await api.ask("PUT", `/users/${id}/${step}.xml`),
    ];
    const user = (await api.ask("GET", `/users/${id}.xml`)).body;
    const error = `State cannot transition via "${step}"`;
    const object = (await api.ask("GET", `/users/${id}.json`)).json();
    expect([json.statusCode, json.json()]).toEqual([422, { error: { from, event: step, error, object } }]);
    expect([xml.statusCode, xml.body]).toEqual([
      422,
      `${xmlDeclaration}<error><from>${from}</from><event>${step}</event><error>${error}</error>` +
        `${user.slice(xmlDeclaration.length)}</error>`,
    ]);
  };

  await refused("suspend", "pending");
  await api.ask("PUT", `/users/${id}/activate.json`);
  await api.ask("PUT", `/users/${id}/suspend.json`);
  await refused("activate", "suspended");
});

test("a member may do what its sections say, from the moment that they are given", async ({ api }) => {
  const payload = { username: "grace", email: "grace@acme.test", password: "a long enough password" };
  const { id } = (await api.ask("POST", "/users.json", { payload })).json().user;
  await api.ask("PUT", `/users/${id}/activate.json`);
  const made = await api.ask("POST", `/users/${id}/access_tokens.json`, {
    payload: { name: "t", permission: "rw", scopes: ["account_management"] },
    headers: { authorization: `Bearer ${api.key}` },
  });
  const headers = { authorization: `Bearer ${made.json().access_token.value}` };
  const mayRead = async (): Promise<number> => (await api.ask("GET", "/accounts.xml", { headers })).statusCode;

  expect(await mayRead()).toBe(403);
  const given = await api.ask("PUT", `/users/${id}/permissions.json`, { payload: { allowed_sections: ["partners"] } });
  expect(given.json().permissions).toMatchObject({ user_id: id, role: "member", allowed_sections: ["partners"] });
  expect(await mayRead()).toBe(200);
  expect((await api.ask("PUT", `/users/${id}/permissions.json`, { payload: {} })).json()).toEqual(given.json());
});

test("sections and services that do not exist are refused, and nothing is changed by the rest", async ({ api }) => {
  const admin = await idOfAdmin(api);
  const ask = async (payload: object): Promise<readonly string[]> =>
    Object.keys((await api.ask("PUT", `/users/${admin}/permissions.json`, { payload })).json().errors);

  expect(await ask({ allowed_sections: ["everything"] })).toEqual(["allowed_sections"]);
  expect(await ask({ allowed_service_ids: [999_999_999] })).toEqual(["allowed_service_ids"]);
  expect(await ask({ allowed_service_ids: ["all"], allowed_sections: ["plans"] })).toEqual(["allowed_service_ids"]);
});

test("a member sees and changes itself among the provider's users, and nobody else", async ({ api }) => {
  const admin = await idOfAdmin(api);
  const headers = { authorization: `Bearer ${await api.addToken({ role: "member", sections: ["partners"] })}` };
  const own = await api.pool.query<{ id: number }>(
    "select id from provider_users where provider_id = $1 and role = 'member'",
    [api.provider.id],
  );
  const status = async (method: "GET" | "PUT", path: string): Promise<number> =>
    (await api.ask(method, path, { headers, ...(method === "PUT" ? { payload: {} } : {}) })).statusCode;

  expect(await status("GET", `/users/${own[0]?.id}.xml`)).toBe(200);
  expect(await status("GET", `/users/${admin}.xml`)).toBe(403);
  expect(await status("PUT", `/users/${admin}.xml`)).toBe(403);
  expect(await status("GET", "/users.xml")).toBe(403);
});

test("a member sees himself among the users of the provider's account, and an admin everybody", async ({ api }) => {
  const headers = { authorization: `Bearer ${await api.addToken({ role: "member", sections: ["partners"] })}` };
  const roles = async (more: object): Promise<readonly string[]> => {
    const { body } = await api.ask("GET", "/provider.xml", more);
    return Array.from(body.matchAll(/<role>(\w+)<\/role>/g), ([, role = ""]) => role);
  };
  expect(await roles({ headers })).toEqual(["member"]);
  expect(await roles({})).toEqual(["admin", "member"]);
});

test("settings that are named change, the others stay, and nonsense is refused", async ({ api }) => {
  const before = (await api.ask("GET", "/settings.json")).json().settings;
  const payload = { signups_enabled: "0", change_account_plan_permission: "direct" };
  const after = (await api.ask("PUT", "/settings.json", { payload })).json().settings;
  const wrong = await api.ask("PUT", "/settings.json", { payload: { change_account_plan_permission: "never" } });

  expect(after).toEqual({ ...before, signups_enabled: false, change_account_plan_permission: "direct" });
  expect([wrong.statusCode, Object.keys(wrong.json().errors)]).toEqual([422, ["change_account_plan_permission"]]);
  expect((await api.ask("GET", "/settings.xml")).statusCode).toBe(406);
});

test("activation by mail, passwords, time zone and webhooks are set, wrapped or not, and obeyed at once", async ({
  api,
}) => {
  const read = async () => (await api.ask("GET", "/settings.json")).json().settings;
  const put = async (payload: object) => (await api.ask("PUT", "/settings.json", { payload })).json().settings;
  const before = await read();
  const wanted = { email_activation: true, password_length_min: 20, time_zone: "Asia/Kolkata", web_hooks: "denied" };

  expect(before).toMatchObject({ email_activation: null, password_length_min: 12, time_zone: "UTC" });
  expect(await put({ settings: wanted })).toEqual({ ...before, ...wanted });
  expect(await read()).toEqual({ ...before, ...wanted });
  expect((await api.ask("GET", "/provider.xml")).body).toContain("+05:30</created_at>");
  expect((await api.ask("GET", "/webhooks/failures.xml")).statusCode).toBe(403);
  const short = { username: "grace", email: "grace@acme.test", password: "fifteen letters" };
  expect((await api.ask("POST", "/users.json", { payload: short })).json().errors).toEqual({
    password: ["is too short (minimum is 20 characters)"],
  });
  const changed = { email_activation: null, password_length_min: 9, web_hooks: "hidden" };
  expect(await put(changed)).toEqual({ ...before, ...wanted, ...changed });
});

test("a form sets them, too: nothing is the default of the activation by mail", async ({ api }) => {
  const put = async (payload: string) =>
    (
      await api.ask("PUT", "/settings.json", {
        payload,
        headers: { "content-type": "application/x-www-form-urlencoded" },
      })
    ).json().settings;

  expect(await put("email_activation=0&password_length_min=16")).toMatchObject({
    email_activation: false,
    password_length_min: 16,
  });
  expect(await put("settings[email_activation]=&settings[time_zone]=Europe/Oslo")).toMatchObject({
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
] as const)("%s is not set to %s, nor is anything beside it", async ([name, value], { api }) => {
  const before = (await api.ask("GET", "/settings.json")).body;
  const payload = { signups_enabled: false, [name]: value };
  const answer = await api.ask("PUT", "/settings.json", { payload });

  expect([answer.statusCode, Object.keys(answer.json().errors)]).toEqual([422, [name]]);
  expect((await api.ask("GET", "/settings.json")).body).toBe(before);
});

test("a member with the settings changes them, but not whether webhooks are sent", async ({ api }) => {
  const token = await api.addToken({ role: "member", sections: ["partners", "settings"] });
  const put = async (payload: object): Promise<number> =>
    (await api.ask("PUT", "/settings.json", { payload, headers: { authorization: `Bearer ${token}` } })).statusCode;

  expect(await put({ password_length_min: 16 })).toBe(200);
  expect(await put({ password_length_min: 12, web_hooks: "denied" })).toBe(403);
  expect((await api.ask("GET", "/settings.json")).json().settings).toMatchObject({
    password_length_min: 16,
    web_hooks: "visible",
  });
});

test("the provider tells where its two sides are, and forgets an address that is emptied", async ({ api }) => {
  const { subdomain } = api.provider;
  await api.ask("PUT", "/provider.json", { payload: { support_email: "help@acme.test" } });

  expect((await api.ask("GET", "/provider.json")).json().account).toMatchObject({
    domain: `${subdomain}.bellwire.test`,
    admin_domain: `${subdomain}-admin.bellwire.test`,
    support_email: "help@acme.test",
  });
  expect((await api.ask("PUT", "/provider.xml", { payload: { support_email: "" } })).body).toContain(
    "<support_email/>",
  );
  expect((await api.ask("PUT", "/provider.json", { payload: { from_email: "nobody" } })).statusCode).toBe(422);
});
