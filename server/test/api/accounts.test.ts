import { expect } from "vitest";
import { test, xmlDeclaration, type ProviderApi } from "./api-test.ts";

async function signUp(api: ProviderApi, orgName = "Quay Ltd"): Promise<number> {
  const username = `u${orgName.replaceAll(/\W/g, "").toLowerCase()}`;
  const response = await api.send("POST", "/signup.json", { payload: { org_name: orgName, username } });
  const { account } = response.json<{ account: { id: number } }>();
  return account.id;
}

const countEvents = async ({ pool, provider }: ProviderApi, type: string): Promise<number> => {
  const rows = await pool.query("select from events where provider_id = $1 and type = $2", [provider.id, type]);
  return rows.length;
};

test("an account is returned in both formats", async ({ api }) => {
  const id = await signUp(api);

  const xml = await api.send("GET", `/accounts/${id}.xml`);
  const json = await api.send("GET", `/accounts/${id}.json`);

  expect(xml.body.startsWith(`${xmlDeclaration}<account><id>${id}</id>`)).toBe(true);
  expect(xml.body).not.toContain("<applications>");
  expect(json.json().account).toMatchObject({ id, org_name: "Quay Ltd" });
});

test.for(["abc", "0", "-1", "99999999999999999999", "1%2e5", "1;drop"])(
  "the account id %s is not found",
  async (id, { api }) => {
    expect((await api.send("GET", `/accounts/${id}.xml`)).statusCode).toBe(404);
  },
);

test.for(["PUT", "PATCH"] as const)("%s updates the sent fields and creates one event", async (method, { api }) => {
  const id = await signUp(api);
  const payload = { org_name: "Quay & Co", monthly_charging_enabled: "false" };
  const response = await api.send(method, `/accounts/${id}.json`, { payload });

  expect(response.statusCode).toBe(200);
  expect(response.json().account).toMatchObject({
    org_name: "Quay & Co",
    monthly_charging_enabled: false,
    monthly_billing_enabled: true,
  });
  expect(await countEvents(api, "account.updated")).toBe(1);
});

test("`name` is a synonym of org_name, and annotations are parsed from a nested form", async ({ api }) => {
  const id = await signUp(api);
  const response = await api.send("PUT", `/accounts/${id}.xml`, {
    payload: "name=Pier&annotations%5Bmanaged_by%5D=operator",
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });

  expect(response.body).toContain(
    "<annotations><managed_by>operator</managed_by></annotations><org_name>Pier</org_name>",
  );
});

test("a program can set fields that are read-only for developers", async ({ api }) => {
  await api.pool.query(
    `insert into fields_definitions (provider_id, target, name, label, read_only, position)
     values ($1, 'Account', 'region', 'Region', true, 9)`,
    [api.provider.id],
  );
  const id = await signUp(api);

  expect((await api.send("PUT", `/accounts/${id}.xml`, { payload: { region: "emea" } })).body).toContain(
    "<extra_fields><region>emea</region></extra_fields>",
  );
});

test("a blank name is rejected and changes nothing", async ({ api }) => {
  const id = await signUp(api);
  const response = await api.send("PUT", `/accounts/${id}.xml`, { payload: { org_name: " " } });

  expect([response.statusCode, response.body]).toEqual([
    422,
    `${xmlDeclaration}<errors><error>Organization/Group Name can't be blank</error></errors>`,
  ]);
  expect(await countEvents(api, "account.updated")).toBe(0);
});

test("a list of one page has no page metadata; a list is filtered by state", async ({ api }) => {
  const [first, second] = [await signUp(api), await signUp(api, "Pier Ltd")];
  const one = await api.send("GET", `/accounts/${first}.xml`);
  const other = await api.send("GET", `/accounts/${second}.xml`);
  const [inOne, inOther] = [one, other].map(({ body }) => body.slice(xmlDeclaration.length));

  expect((await api.send("GET", "/accounts.xml")).body).toBe(
    `${xmlDeclaration}<accounts>${inOne}${inOther}</accounts>`,
  );
  expect((await api.send("GET", "/accounts.json")).json()).toEqual({
    accounts: [
      (await api.send("GET", `/accounts/${first}.json`)).json(),
      (await api.send("GET", `/accounts/${second}.json`)).json(),
    ],
  });
  expect((await api.send("GET", "/accounts.json?state=approved")).json()).toEqual({ accounts: [] });
  expect((await api.send("GET", "/accounts.xml?state=approved")).body).toBe(`${xmlDeclaration}<accounts></accounts>`);
});

test("a list of several pages has page metadata", async ({ api }) => {
  const ids = [await signUp(api), await signUp(api, "Pier Ltd"), await signUp(api, "Dock Ltd")];
  const xml = await api.send("GET", "/accounts.xml?page=2&per_page=2");
  const json = await api.send("GET", "/accounts.json?page=2&per_page=2");

  expect(xml.body).toMatch(
    /^<\?xml[^>]*\?><accounts per_page="2" total_entries="3" total_pages="2" current_page="2"><account>/,
  );
  expect(json.json().metadata).toEqual({ per_page: 2, total_entries: 3, total_pages: 2, current_page: 2 });
  expect(json.json().accounts).toHaveLength(1);
  expect(json.json().accounts[0].account.id).toBe(ids[2]);
  for (const nonsense of ["per_page=0", "per_page=501", "per_page=many", "page=0", "page=many"]) {
    expect((await api.send("GET", `/accounts.json?${nonsense}`)).json().accounts).toHaveLength(3);
  }
});

test("a current ETag is answered with 304 and an empty body", async ({ api }) => {
  const id = await signUp(api);
  const first = await api.send("GET", `/accounts/${id}.json`);
  const { etag = "" } = first.headers;

  const byTag = await api.send("GET", `/accounts/${id}.json`, { headers: { "if-none-match": etag } });
  const otherFormat = await api.send("GET", `/accounts/${id}.xml`, { headers: { "if-none-match": etag } });
  await api.send("PUT", `/accounts/${id}.json`, { payload: { org_name: "Pier" } });
  const changed = await api.send("GET", `/accounts/${id}.json`, { headers: { "if-none-match": etag } });

  expect([byTag.statusCode, byTag.body]).toEqual([304, ""]);
  expect([otherFormat.statusCode, changed.statusCode]).toEqual([200, 200]);
});

test("If-None-Match matches a single ETag, a list, weak and strong forms and `*`, for GET and HEAD", async ({
  api,
}) => {
  const id = await signUp(api);
  for (const path of [`/accounts/${id}.json`, `/accounts/${id}.xml`, "/accounts.json", "/users.json"]) {
    const { etag } = (await api.send("GET", path)).headers;
    const tag = String(etag);
    for (const [validator, status] of [
      [tag, 304],
      [tag.replace("W/", ""), 304],
      [`"another", ${tag}`, 304],
      [` W/"another" ,${tag} `, 304],
      ["*", 304],
      ['"another"', 200],
      [`"${tag}"`, 200],
      ["", 200],
    ] as const) {
      for (const method of ["GET", "HEAD"] as const) {
        const response = await api.send(method, path, { headers: { "if-none-match": validator } });
        const actual = [response.statusCode, response.headers.etag, response.body === ""];
        expect([path, method, validator, ...actual]).toEqual([
          path,
          method,
          validator,
          status,
          tag,
          !(status === 200 && method === "GET"),
        ]);
      }
    }
  }
  const change = { headers: { "if-none-match": "*" }, payload: { org_name: "Pier" } };
  expect((await api.send("PUT", `/accounts/${id}.json`, change)).statusCode).toBe(200);
});

test("a change of an object's users, keys or filters invalidates its ETag", async ({ api }) => {
  const id = await signUp(api);
  const { users } = (await api.send("GET", `/accounts/${id}/users.json`)).json();
  const { applications } = (await api.send("GET", `/accounts/${id}/applications.json`)).json();
  const application = `/accounts/${id}/applications/${applications[0].application.id}`;
  const service = `/services/${applications[0].application.service_id}.json`;
  await api.send("PUT", service, { payload: { backend_version: "2", referrer_filters_required: true } });
  const changes = [
    [`/accounts/${id}.xml`, "PUT", `/accounts/${id}/users/${users[0].user.id}.json`, { username: "quayside" }],
    [`${application}.xml`, "POST", `${application}/keys.json`, { key: "another-key" }],
    [`${application}.xml`, "POST", `${application}/referrer_filters.json`, { referrer_filter: "*.quay.example" }],
  ] as const;
  for (const [document, method, changePath, payload] of changes) {
    const { headers } = await api.send("GET", document);
    expect([changePath, (await api.send(method, changePath, { payload })).statusCode]).toEqual([
      changePath,
      method === "PUT" ? 200 : 201,
    ]);
    for (const [header, validator] of [
      ["if-modified-since", headers["last-modified"]],
      ["if-none-match", headers.etag],
    ] as const) {
      const again = await api.send("GET", document, { headers: { [header]: String(validator) } });
      expect([changePath, header, again.statusCode]).toEqual([changePath, header, 200]);
    }
  }
});

test("users and applications are listed and returned in both formats", async ({ api }) => {
  const id = await signUp(api);
  const { users } = (await api.send("GET", `/accounts/${id}/users.json`)).json();
  const { applications } = (await api.send("GET", `/accounts/${id}/applications.json`)).json();
  const [user, application] = [users[0].user, applications[0].application];

  expect([users.length, applications.length]).toEqual([1, 1]);
  expect(user).toMatchObject({ username: "uquayltd", role: "admin", state: "pending" });
  expect(application).toMatchObject({ state: "live", enabled: true, name: "API signup", org_name: "Quay Ltd" });
  expect((await api.send("GET", `/accounts/${id}/users/${user.id}.json`)).json()).toEqual(users[0]);
  expect((await api.send("GET", `/accounts/${id}/applications/${application.id}.json`)).json()).toEqual(
    applications[0],
  );
  const oneUser = await api.send("GET", `/accounts/${id}/users/${user.id}.xml`);
  expect((await api.send("GET", `/accounts/${id}/users.xml`)).body).toBe(
    `${xmlDeclaration}<users>${oneUser.body.slice(xmlDeclaration.length)}</users>`,
  );
  const oneApplication = await api.send("GET", `/accounts/${id}/applications/${application.id}.xml`);
  expect((await api.send("GET", `/accounts/${id}/applications.xml`)).body).toBe(
    `${xmlDeclaration}<applications>${oneApplication.body.slice(xmlDeclaration.length)}</applications>`,
  );
});

test("lists are filtered by state and role; an unknown value matches nothing", async ({ api }) => {
  const id = await signUp(api);
  const count = async (path: string): Promise<number> => {
    const response = await api.send("GET", `/accounts/${id}${path}`);
    return (
      response.json<{ users?: []; applications?: [] }>()[path.startsWith("/users") ? "users" : "applications"]
        ?.length ?? -1
    );
  };

  expect(await count("/users.json?state=pending&role=admin")).toBe(1);
  expect(await count("/users.json?role=member")).toBe(0);
  expect(await count("/users.json?state=nonsense")).toBe(0);
  expect(await count("/applications.json?state=live")).toBe(1);
  expect(await count("/applications.json?state=suspended")).toBe(0);
});

test("a user or application of another account is not found", async ({ api }) => {
  const [own, other] = [await signUp(api), await signUp(api, "Other Ltd")];
  const { users } = (await api.send("GET", `/accounts/${other}/users.json`)).json();
  const { applications } = (await api.send("GET", `/accounts/${other}/applications.json`)).json();

  expect((await api.send("GET", `/accounts/${own}/users/${users[0].user.id}`)).statusCode).toBe(404);
  expect((await api.send("GET", `/accounts/${own}/applications/${applications[0].application.id}`)).statusCode).toBe(
    404,
  );
});
