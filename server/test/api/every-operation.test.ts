import { Value } from "typebox/value";
import { expect } from "vitest";
import { operations } from "#http/account-management-api/index.ts";
import { countChanges, type ProviderApi, sendTwice, test } from "./api-test.ts";
import { fillPath, walkOperations } from "./operation-walk.ts";

test.for(["xml", "json"] as const)(
  "every operation succeeds and responds in %s as documented",
  async (preferred, { api }) => {
    const called = new Set<string>();
    for await (const { operation, format, response } of walkOperations(api, preferred)) {
      const { title, method, response: documented } = operation;
      const { statusCode, body, headers } = response;
      called.add(title);
      const context = [title, body.slice(0, 300)];
      expect([...context, statusCode]).toEqual([...context, method === "POST" ? 201 : 200]);
      if (method === "POST" && title !== "Account Message" && title !== "SSO Token Create")
        expect([title, headers.location]).toEqual([title, expect.stringMatching(/^http.*\/admin\/api\//)]);
      if (!documented) expect([title, body]).toEqual([title, ""]);
      else if (format === "xml")
        expect([title, body]).toEqual([
          title,
          expect.stringMatching(/^(<\?xml |<permissions>|<authentication_provider)/),
        ]);
      else expect(Value.Errors(documented.schema, JSON.parse(body))).toEqual([]);
    }
    expect(called).toEqual(new Set(operations.map(({ title }) => title)));
  },
);

test("every change creates an event or an audit record", async ({ api }) => {
  let before = await countChanges(api);
  for await (const { operation } of walkOperations(api, "json")) {
    const after = await countChanges(api);
    const { title, method } = operation;
    expect([title, after > before]).toEqual([title, method !== "GET"]);
    before = after;
  }
});

test("every change that is sent twice with an idempotency key is made once", async ({ api }) => {
  const repeating = { ...api, send: sendTwice(api, (...request) => api.send(...request)) };
  for await (const { operation, response } of walkOperations(repeating, "json"))
    expect([operation.title, response.statusCode < 300]).toEqual([operation.title, true]);
});

/** Creates another of each object that operations change or delete. */
async function createBystanders(api: ProviderApi): Promise<void> {
  const create = async (path: string, payload: object): Promise<number> => {
    const response = await api.send("POST", `${path}.json`, { payload });
    expect([path, response.statusCode, response.body]).toEqual([path, 201, expect.anything()]);
    return Number(/"id":(\d+)/.exec(response.body)?.[1]);
  };
  const account = await create("/signup", { org_name: "Mole", username: "mole", email: "mole@mole.test" });
  const service = await create("/services", { name: "Fog", backend_version: "2", referrer_filters_required: "1" });
  await create(`/services/${service}/service_plans`, { name: "Fog" });
  const plan_id = await create(`/services/${service}/application_plans`, { name: "Fog" });
  const keys = { application_id: "fog-1", application_key: ["fog-key-1", "fog-key-2"] };
  const application = `/accounts/${account}/applications/${await create(`/accounts/${account}/applications`, { plan_id, name: "Fog", ...keys })}`;
  await create(`${application}/referrer_filters`, { referrer_filter: "*.mole.test" });
  const spare = await create("/account_plans", { name: "Spare" });
  const ofPlans = [
    [`/account_plans/${spare}`, await create("/features", { name: "Fog" })],
    [`/application_plans/${plan_id}`, await create(`/services/${service}/features`, { name: "Fog" })],
  ] as const;
  for (const [plan, feature_id] of ofPlans) await create(`${plan}/features`, { feature_id });
  await create("/active_docs", { name: "Fog", body: '{"apis":[]}', service_id: service });
  await create("/users", { username: "molly", email: "molly@acme.test" });
  await create("/personal/access_tokens", { name: "spare", permission: "ro", scopes: ["stats"] });
  await create("/fields_definitions", { target: "User", name: "deck", label: "Deck" });
  const client = { client_id: "fog", client_secret: "fog", site: "https://sso.fog.test" };
  for (const path of ["/authentication_providers", "/account/authentication_providers"])
    await create(path, { kind: "keycloak", ...client });
  await api.addToken({});
}

const tables = [
  "accounts",
  "users",
  "applications",
  "application_keys",
  "referrer_filters",
  "service_subscriptions",
  "products",
  "plans",
  "features",
  "plan_features",
  "api_specifications",
  "fields_definitions",
  "authentication_providers",
  "provider_users",
  "access_tokens",
];
/** Without what a new default plan changes in the one before. */
const rowsStatement = tables
  .map(
    (table) =>
      `select '${table} ' || (to_jsonb(one) - '{is_default,version,updated_at}'::text[])::text as row from ${table} as one where provider_id = $1`,
  )
  .join(" union all ");

/** The caller's own preferences have no id in a path. */
const withoutOwnPreferences = ({ row }: { readonly row: string }): string =>
  row.includes('"username": "admin"') ? row.replace(/"notifications": \{[^}]*\}/, "") : row;

test("no operation changes or deletes another object than that of its path", async ({ api }) => {
  await createBystanders(api);
  const read = async (): Promise<readonly string[]> =>
    (await api.pool.query<{ row: string }>(rowsStatement, [api.provider.id])).map(withoutOwnPreferences);
  const bystanders = await read();
  for await (const { operation } of walkOperations(api, "json")) {
    const now = new Set(await read());
    expect([operation.title, bystanders.filter((row) => !now.has(row))]).toEqual([operation.title, []]);
  }
});

const changing = operations.filter(({ method }) => method !== "GET");
const ones = (path: string): string => fillPath(path, [1, 1, 1]);

test.for(changing)("a read-only token is denied: $title", async ({ method, path, isJsonOnly }, { api }) => {
  const headers = { authorization: `Bearer ${await api.addToken({ permission: "ro" })}` };
  const response = await api.send(method, `${ones(path)}.${isJsonOnly ? "json" : "xml"}`, { headers, payload: {} });

  expect([response.statusCode, response.body]).toEqual([
    403,
    expect.stringContaining("does not have the correct permissions"),
  ]);
});

const withBody = operations.filter(({ body }) => body !== undefined);

test.for(withBody)(
  "an unreadable or oversized body is rejected: $title",
  async ({ method, path, bodyBytesMax = 1024 * 1024 }, { api }) => {
    const send = async (payload: string): Promise<number> =>
      (await api.send(method, `${ones(path)}.json`, { payload, headers: { "content-type": "application/json" } }))
        .statusCode;

    expect(await send('{"name":')).toBe(400);
    expect(await send('["name"]')).toBe(400);
    expect(await send(JSON.stringify({ name: "x".repeat(bodyBytesMax) }))).toBe(413);
  },
);

test.for(withBody)(
  "values of a wrong type are rejected by field: $title",
  async ({ method, path, body, wrapper }, { api }) => {
    const names = Object.keys(body?.properties ?? {});
    const wrong = Object.fromEntries(names.map((name) => [name, [{ $ne: "" }]]));
    const response = await api.send(method, `${ones(path)}.json`, {
      payload: wrapper === undefined ? wrong : { [wrapper]: wrong },
    });

    expect(response.statusCode).toBe(422);
    expect(Object.keys(response.json().errors)).toEqual(names);
  },
);

const wrapped = operations.filter(({ wrapper }) => wrapper !== undefined);

test.for(wrapped)(
  "flat parameters in the query alone are rejected as missing: $title",
  async ({ method, path, wrapper = "", wrapperMayBeEmpty }, { api }) => {
    const send = (payload: object) => api.send(method, `${ones(path)}.json?name=x`, { payload });

    const [missing, notOne] = [await send({}), await send({ [wrapper]: "x" })];
    if (wrapperMayBeEmpty) expect(missing.body).not.toContain("Required parameter");
    else expect([missing.statusCode, missing.body]).toEqual([400, `Required parameter missing: ${wrapper}`]);
    expect([notOne.statusCode, notOne.body]).toEqual([422, `Wrong type for parameter: ${wrapper}`]);
  },
);

test("an unknown extension is answered with 406 by every operation, and with 404 where 3scale has no such route", async ({
  api,
}) => {
  const read = operations.filter(({ method, textParameters }) => method === "GET" && !textParameters);
  for (const { path, hasOneExtension } of read) {
    const status = hasOneExtension ? 404 : 406;
    expect([path, (await api.send("GET", `${ones(path)}.yaml`)).statusCode]).toEqual([path, status]);
  }
});
