import { expect } from "vitest";
import { test, xmlDeclaration, type ProviderApi } from "./api-test.ts";

const mira = { org_name: "Harbour & Sons", username: "mira", email: "mira@harbour.example" };
const password = "a long password";

const eventsOf = async ({ pool, provider }: ProviderApi): Promise<readonly string[]> => {
  const rows = await pool.query<{ type: string }>("select type from events where provider_id = $1 order by id", [
    provider.id,
  ]);
  return rows.map(({ type }) => type);
};

test("a sign-up's XML has the account with its plans, users and applications", async ({ api }) => {
  const response = await api.send("POST", "/signup.xml", { payload: { ...mira, password } });

  expect(response.statusCode).toBe(201);
  const [, id = ""] = /<account><id>(\d+)<\/id>/.exec(response.body) ?? [];
  expect(response.headers["location"]).toBe(`https://${api.host}/admin/api/accounts/${id}`);
  expect(response.body.startsWith(`${xmlDeclaration}<account><id>`)).toBe(true);
  expect(response.body).toMatch(
    /<state>approved<\/state><annotations><\/annotations><org_name>Harbour &amp; Sons<\/org_name><extra_fields><\/extra_fields>/,
  );
  expect(response.body).toMatch(
    /<plans><plan default="true">.*<\/plans><users><user>.*<state>active<\/state><role>admin<\/role><username>mira<\/username>.*<\/users><applications><application>.*<name>API signup<\/name><description>API signup<\/description>.*<\/application><\/applications><\/account>$/,
  );
});

test("a sign-up's JSON has no plans, users and applications", async ({ api }) => {
  const response = await api.send("POST", "/signup.json", { payload: mira });

  expect(response.statusCode).toBe(201);
  const { account } = response.json();
  expect(account).toMatchObject({ state: "created", org_name: "Harbour & Sons", annotations: {} });
  expect(Object.keys(account)).not.toEqual(expect.arrayContaining(["users"]));
  expect(response.body).toContain('"org_name":"Harbour \\u0026 Sons"');
  expect(account.links[0]).toEqual({ rel: "self", href: `https://${api.host}/admin/api/accounts/${account.id}` });
});

test("a sign-up by token creates an event per object, with the token's user as actor", async ({ api }) => {
  await api.send("POST", "/signup.xml", { payload: { ...mira, password } });

  expect(await eventsOf(api)).toEqual(["account.created", "user.created", "application.created"]);
  const actors = await api.pool.query(
    "select distinct actor_kind, channel from events where provider_id = $1 and actor_user_id is not null",
    [api.provider.id],
  );
  expect(actors).toEqual([{ actorKind: "token", channel: "api" }]);
});

test("events of a sign-up by provider key have no user", async ({ api }) => {
  const url = `/admin/api/signup.xml?provider_key=${api.key}`;
  await api.sendWithoutToken({ method: "POST", url, payload: mira });

  const actors = await api.pool.query("select distinct actor_kind, actor_user_id from events where provider_id = $1", [
    api.provider.id,
  ]);
  expect(actors).toEqual([{ actorKind: "key", actorUserId: null }]);
});

test.for([
  [
    "a form",
    { payload: new URLSearchParams(mira).toString(), headers: { "content-type": "application/x-www-form-urlencoded" } },
  ],
  ["JSON", { payload: mira }],
  ["the query", { query: mira }],
] as const)("a sign-up is parsed from %s", async ([, request], { api }) => {
  const response = await api.send("POST", "/signup.json", request);

  expect(response.statusCode).toBe(201);
  expect(response.json().account.org_name).toBe("Harbour & Sons");
});

test("a sign-up is parsed from a multipart form, without its files", async ({ api }) => {
  const form = new FormData();
  for (const [name, text] of Object.entries(mira)) form.append(name, text);
  form.append("logo", new Blob(["PNG"]), "logo.png");
  const multipart = new Response(form);

  const response = await api.send("POST", "/signup.json", {
    payload: Buffer.from(await multipart.arrayBuffer()),
    headers: { "content-type": multipart.headers.get("content-type") ?? "" },
  });

  expect(response.statusCode).toBe(201);
});

test("errors of the account and its user are returned together, and nothing is created", async ({ api }) => {
  await api.send("POST", "/signup.xml", { payload: mira });
  const payload = { org_name: "", username: "mira", email: "no address", password: "short" };

  const json = await api.send("POST", "/signup.json", { payload });
  const xml = await api.send("POST", "/signup.xml", { payload });

  expect(json.statusCode).toBe(422);
  expect(Object.keys(json.json().errors).toSorted()).toEqual(["email", "org_name", "password", "username"]);
  expect(json.json().errors.org_name).toEqual(["can't be blank"]);
  expect(xml.body).toMatch(
    /^<\?xml version="1.0" encoding="UTF-8"\?><errors><error>Organization\/Group Name can't be blank<\/error>/,
  );
  expect(await eventsOf(api)).toHaveLength(3);
});

test("an unknown plan and another provider's plan are replaced by the default plan", async ({ api, otherApi }) => {
  const [plan] = await api.pool.query<{ id: number }>(
    "select id from plans where provider_id = $1 and kind = 'account_plan'",
    [otherApi.provider.id],
  );
  const [own] = await api.pool.query<{ id: number }>(
    "select id from plans where provider_id = $1 and kind = 'account_plan' and is_default",
    [api.provider.id],
  );
  for (const [at, account_plan_id] of [plan?.id, 999_999_999, "abc"].entries()) {
    const names = { username: `mira${at}`, email: `mira${at}@harbour.example` };
    const response = await api.send("POST", "/signup.json", { payload: { ...mira, ...names, account_plan_id } });
    expect([account_plan_id, response.statusCode]).toEqual([account_plan_id, 201]);
    const { id } = response.json().account;
    expect((await api.send("GET", `/accounts/${id}/plan.json`)).json().account_plan.id).toBe(own?.id);
  }
});

test("a plan is applied by its kind, independent of the parameter's name", async ({ api }) => {
  const gold = (await api.send("POST", "/account_plans.json", { payload: { name: "Gold" } })).json().account_plan.id;
  const response = await api.send("POST", "/signup.json", { payload: { ...mira, application_plan_id: gold } });
  const { id } = response.json().account;
  expect((await api.send("GET", `/accounts/${id}/plan.json`)).json().account_plan.id).toBe(gold);
});

test("a sign-up requires required fields except the email; other requests do not", async ({ api }) => {
  const field = { target: "Account", name: "region", label: "Region", required: true };
  await api.send("POST", "/fields_definitions.json", { payload: field });
  const names = { org_name: "Quay", username: "quay" };
  const bare = await api.send("POST", "/signup.json", { payload: names });
  expect([bare.statusCode, bare.json()]).toEqual([422, { errors: { region: ["can't be blank"] } }]);
  const full = await api.send("POST", "/signup.json", { payload: { ...names, extra_fields: { region: 7 } } });
  expect([full.statusCode, full.json().account.region]).toEqual([201, "7"]);
  const { id } = full.json().account;
  const emptied = await api.send("PUT", `/accounts/${id}.json`, { payload: { region: "" } });
  expect([emptied.statusCode, emptied.json().account.region]).toEqual([200, ""]);
});

test("a name with characters that XML cannot contain is rejected", async ({ api }) => {
  const response = await api.send("POST", "/signup.json", { payload: { ...mira, org_name: "Harbour\u0007 \0" } });

  expect(response.statusCode).toBe(422);
  expect(response.json()).toEqual({ errors: { org_name: ["contains characters that are not allowed"] } });
});
