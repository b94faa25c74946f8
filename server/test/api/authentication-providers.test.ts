import { expect } from "vitest";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";

const client = { client_id: "portal", client_secret: "low tide" };
const keycloak = { kind: "keycloak", site: "https://sso.acme.example/realms/staff", ...client };

const [ofDevelopers, ofTeam] = ["/authentication_providers", "/account/authentication_providers"] as const;

async function add(api: ProviderApi, path: string, payload: object) {
  const response = await api.send("POST", `${path}.json`, { payload });
  expect([response.statusCode, response.body]).toEqual([201, expect.anything()]);
  return response.json().authentication_provider;
}

test("an authentication provider has the properties of 3scale's, in their order", async ({ api }) => {
  const payload = { ...keycloak, kind: "Keycloak", name: "Staff of Acme" };
  const created = await api.send("POST", `${ofDevelopers}.json`, { payload });
  const { id, created_at, updated_at, callback_url } = created.json().authentication_provider;
  expect(Object.entries(created.json().authentication_provider)).toEqual(
    Object.entries({
      id,
      kind: "keycloak",
      account_type: "developer",
      name: "Staff of Acme",
      system_name: "staff_of_acme",
      ...client,
      site: keycloak.site,
      skip_ssl_certificate_verification: false,
      automatically_approve_accounts: false,
      account_id: api.provider.id,
      username_key: "login",
      identifier_key: "id",
      trust_email: false,
      published: false,
      created_at,
      updated_at,
      callback_url,
    }),
  );
  expect(callback_url).toMatch(/^https?:\/\/[^/]+\/auth\/staff_of_acme\/callback$/);
  expect(created.headers.location).toBe(`https://${api.host}/admin/api${ofDevelopers}/${id}`);
  const xml = (await api.send("GET", `${ofDevelopers}/${id}.xml`)).body;
  expect(xml).toMatch(/^<authentication_provider>\n {2}<id>\d+<\/id>\n {2}<kind>keycloak<\/kind>\n/);
});

test("each portal lists its own authentication providers, and finds no others", async ({ api }) => {
  expect((await api.send("GET", `${ofTeam}.xml`)).body).toBe("<authentication_providers/>");
  const [shared, own] = [await add(api, ofDevelopers, keycloak), await add(api, ofTeam, keycloak)];
  const adminUrl = `https://${api.host}`;
  expect([own.account_type, own.callback_url]).toEqual(["provider", `${adminUrl}/auth/${own.system_name}/callback`]);
  for (const [path, mine, other] of [
    [ofDevelopers, shared, own],
    [ofTeam, own, shared],
  ] as const) {
    const { authentication_providers: listed } = (await api.send("GET", `${path}.json`)).json();
    expect(listed).toEqual([{ authentication_provider: mine }]);
    expect((await api.send("GET", `${path}/${other.id}.json`)).statusCode).toBe(404);
    expect((await api.send("PUT", `${path}/${other.id}.json`, { payload: { published: true } })).statusCode).toBe(404);
  }
});

test("an authentication provider without a name is called as its kind, with a system name by chance", async ({
  api,
}) => {
  const kinds = [
    ["keycloak", "Keycloak", "keycloak"],
    ["auth0", "Auth0", "auth0"],
    ["github", "GitHub", "github"],
    ["forgejo", "Custom", "custom"],
  ] as const;
  for (const [kind, name, prefix] of kinds) {
    const created = await add(api, ofDevelopers, { ...keycloak, kind });
    expect([created.name, created.system_name]).toEqual([
      name,
      expect.stringMatching(new RegExp(`^${prefix}_[0-9a-f]{12}$`)),
    ]);
  }
  expect((await add(api, ofTeam, keycloak)).system_name).not.toBe((await add(api, ofTeam, keycloak)).system_name);
});

const taken = "has already been taken";
const blank = "can't be blank";

test.for([
  ["POST", ofDevelopers, {}, 400, "Required parameter missing: authentication_provider"],
  ["POST", ofDevelopers, { authentication_provider: "x" }, 422, "Wrong type for parameter: authentication_provider"],
  ["POST", ofDevelopers, { ...keycloak, kind: "" }, 400, "Required parameter missing: kind"],
  ["POST", ofTeam, client, 400, "Required parameter missing: kind"],
  ["POST", ofDevelopers, { kind: "auth0" }, 422, { client_id: [blank], client_secret: [blank], site: [blank] }],
  ["POST", ofDevelopers, { ...keycloak, client_id: "" }, 422, { client_id: [blank] }],
  ["POST", ofDevelopers, { ...keycloak, identifier_key: "" }, 422, { identifier_key: [blank] }],
  ["POST", ofDevelopers, { ...keycloak, site: "acme" }, 422, { site: ["Invalid URL format"] }],
  ["POST", ofDevelopers, { ...keycloak, site: "https://a:b@acme.example" }, 422, { site: ["Invalid URL format"] }],
  ["POST", ofDevelopers, { ...keycloak, site: " http://acme.example " }, 422, { site: ["can't contain whitespaces"] }],
  ["POST", ofDevelopers, { kind: "x", ...client, token_url: "ftp://a" }, 422, { token_url: ["Invalid URL format"] }],
  ["POST", ofDevelopers, { ...keycloak, system_name: "a/b" }, 422, { system_name: ["invalid"] }],
  ["POST", ofDevelopers, { ...keycloak, system_name: "invitations" }, 422, { system_name: ["invalid"] }],
  ["POST", ofDevelopers, { kind: "github", ...client }, 422, { kind: [taken] }],
  ["POST", ofDevelopers, { ...keycloak, system_name: "hub" }, 422, { system_name: [taken] }],
  ["POST", ofTeam, { ...keycloak, system_name: "hub" }, 422, { system_name: [taken] }],
  ["POST", ofTeam, { kind: "github", ...client }, 422, { kind: ["unavailable for this account type"] }],
  ["PUT", ofDevelopers, {}, 400, "Required parameter missing: authentication_provider"],
  ["PUT", ofDevelopers, { client_secret: "" }, 422, { client_secret: [blank] }],
  ["PUT", ofDevelopers, { site: "x y" }, 422, { site: ["can't contain whitespaces"] }],
] as const)("%s %s with %j answers %i", async ([method, path, payload, status, answer], { api }) => {
  const { id } = await add(api, ofDevelopers, { kind: "github", system_name: "hub", ...client });
  const response = await api.send(method, `${path}${method === "PUT" ? `/${id}` : ""}.json`, { payload });
  const body = typeof answer === "string" ? answer : JSON.stringify({ errors: answer });
  expect([response.statusCode, response.body]).toEqual([status, body]);
});

test("an error in XML names its property", async ({ api }) => {
  const response = await api.send("POST", `${ofTeam}.xml`, { payload: { ...keycloak, kind: "github" } });
  expect(response.body).toBe(`${xmlDeclaration}<errors><error>Kind unavailable for this account type</error></errors>`);
});

test("an update keeps what it omits, and neither kind nor name can be changed", async ({ api }) => {
  const before = await add(api, ofDevelopers, { ...keycloak, automatically_approve_accounts: true });
  const payload = { client_secret: "high tide", published: "1", kind: "auth0", name: "Other" };
  const updated = await api.send("PUT", `${ofDevelopers}/${before.id}.json`, { payload });
  expect(updated.json().authentication_provider).toEqual({
    ...before,
    client_secret: "high tide",
    published: true,
    updated_at: expect.any(String),
  });
});

test("an authentication provider stays as it is while sign-ins need it", async ({ api }) => {
  const { id } = await add(api, ofTeam, { ...keycloak, published: true });
  await api.pool.query("update providers set enforce_sso = true where id = $1", [api.provider.id]);
  const refused = await api.send("PUT", `${ofTeam}/${id}.json`, { payload: { published: false } });
  expect(refused.statusCode).toBe(403);
  const { authentication_provider: read } = (await api.send("GET", `${ofTeam}/${id}.json`)).json();
  expect(read.published).toBe(true);
});

test("the audit records of an authentication provider name its changes and no secret", async ({ api }) => {
  const { id } = await add(api, ofDevelopers, keycloak);
  await api.send("PUT", `${ofDevelopers}/${id}.json`, { payload: { client_secret: "high tide" } });
  const records = await api.pool.query<{ action: string; detail: unknown }>(
    "select action, detail from audit_records where provider_id = $1 and subject = $2 order by id",
    [api.provider.id, `authentication-provider/${id}`],
  );
  expect(records).toEqual([
    {
      action: "authentication-provider.created",
      detail: { name: "Keycloak", kind: "keycloak", accountType: "developer" },
    },
    { action: "authentication-provider.changed", detail: { name: "Keycloak", changed: ["clientSecret"] } },
  ]);
});
