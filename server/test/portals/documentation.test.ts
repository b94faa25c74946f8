import { createServer, type IncomingMessage } from "node:http";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { createSession, findProviderUserByLogin } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { createSpecification } from "#portal/products/index.ts";
import { byForm, form, setUp, signUp } from "../portal/portal-fixture.ts";
import { findViolations } from "../support/find-violations.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { countProcessorMs, processorMsOf } from "../support/processor-ms.ts";
import { type PortalFixture, test } from "./portal-test.ts";

const by = { actor: { kind: "key" }, channel: "api", now: new Date("2026-02-03T04:05:06Z") } as const;

/** Publishes a specification, unless the values hide it. Returns its id. */
async function publish(pool: Pool, providerId: number, values: object): Promise<number> {
  const outcome = await createSpecification(pool, {
    providerId,
    by,
    values: { published: true, ...values },
    validate: () => Promise.resolve([]),
  });
  if (typeof outcome !== "object" || !("specification" in outcome)) throw new Error(JSON.stringify(outcome));
  return outcome.specification.id;
}

const document = (more: object) =>
  JSON.stringify({ openapi: "3.0.3", info: { title: "Tides", version: "1" }, paths: {}, ...more });

const add = ({ pool, provider }: PortalFixture, values: object) =>
  publish(pool, provider.id, { body: document({}), ...values });

const tidesWith = (operation: object) => ({
  "/tides": { get: { responses: { 200: { description: "OK" } }, ...operation } },
});

test("visitors and developers see the published specifications only, and a link to them if there are any", async ({
  portal,
  otherPortal,
}) => {
  const visitor = portal.visitor("developer");
  await add(portal, { name: "Secret", published: false });
  expect((await visitor.get("/")).html).not.toContain('href="/docs"');
  expect((await visitor.get("/docs")).html).toContain("There is no API documentation yet.");
  await add(portal, { name: "Tides <b>", description: "By the sea", system_name: "sea/tides" });
  await add(portal, { name: "Old", body: '{"apis":[]}' });
  for (const reader of [visitor, await portal.developer("ada")]) {
    expect((await reader.get("/")).html.match(/href="\/docs"/g)).toHaveLength(2);
    const { html } = await reader.get("/docs");
    expect(html).toMatch(/href="\/docs\/sea\/tides"><bdi>Tides &lt;b&gt;<\/bdi>.*By the sea/s);
    expect(html).toContain('href="/swagger/spec/old.json"');
    expect(html).not.toMatch(/Secret|href="\/docs\/old"/);
  }
  expect((await otherPortal.visitor("developer").get("/docs")).html).not.toContain("Tides");
});

test("programs read a published specification by its system name or id, as it was sent", async ({
  portal,
  otherPortal,
}) => {
  const body = `\n${document({ "x-note": "</script>" })}`;
  const id = await add(portal, { name: "Tides", system_name: "sea/tides", body });
  const hidden = await add(portal, { name: "Secret", published: false });
  const read = async (path: string, at = portal) => {
    const { status, html, headers } = await at.visitor("developer").get(path);
    return [status, status === 200 ? html : "", headers["content-type"]];
  };
  const found = [200, body, "application/json; charset=utf-8"];
  expect(await read("/swagger/spec/sea/tides.json")).toEqual(found);
  expect(await read("/swagger/spec/sea%2Ftides.json")).toEqual(found);
  expect(await read(`/swagger/spec/${id}.json`)).toEqual(found);
  for (const path of [
    "/swagger/spec/secret.json",
    `/swagger/spec/${hidden}.json`,
    "/docs/secret",
    "/swagger/spec/.json",
  ])
    expect((await read(path))[0]).toBe(404);
  expect((await read(`/swagger/spec/${id}.json`, otherPortal))[0]).toBe(404);
  expect((await portal.visitor("developer").get("/docs/sea/tides")).html).not.toContain('</script>"');
});

test("the page of a specification may send requests to the servers that it names, but not to the portals", async ({
  portal,
}) => {
  const servers = ["https://api.fjord.example/v1", "/", `https://${portal.provider.subdomain}-admin.bellwire.test/`];
  const body = document({ servers: servers.map((url) => ({ url })) });
  await add(portal, { name: "Tides", body });
  await add(portal, { name: "No server" });
  const policyOf = async (path: string, headers?: Record<string, string>) =>
    String((await portal.visitor("developer").get(path, headers)).headers["content-security-policy"]);
  expect(await policyOf("/docs/tides")).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
      "connect-src https://api.fjord.example; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  const host = `${portal.provider.subdomain}.bellwire.test:8443`;
  await add(portal, { name: "Own port", body: document({ servers: [{ url: `https://${host}` }] }) });
  expect(await policyOf("/docs/own_port")).toContain(`connect-src https://${host};`);
  expect(await policyOf("/docs/own_port", { host })).toContain("connect-src 'none'");
  // Browsers take a source of plain HTTP for one of HTTPS, too, and the port is that of https://.
  const insecure = `http://${portal.provider.subdomain}.bellwire.test:443`;
  await add(portal, { name: "Default port", body: document({ servers: [{ url: insecure }] }) });
  expect(await policyOf("/docs/default_port")).toContain("connect-src 'none'");
  expect(await policyOf("/docs/no_server")).toContain("connect-src 'none'");
  expect(await policyOf("/docs")).toContain("style-src 'self'; img-src");
});

test("a developer gets the keys of own applications as examples, a visitor and another account none", async ({
  portal,
}) => {
  const key = {
    name: "user_key",
    in: "query",
    required: true,
    schema: { type: "string" },
    "x-data-threescale-name": "user_keys",
  };
  const body = document({
    paths: tidesWith({ parameters: [key, { $ref: "#/components/parameters/key" }] }),
    components: { parameters: { key: { ...key, in: "header", example: "secret" } } },
  });
  await add(portal, { name: "Tides", body });
  const examplesFor = async (reader: { get(url: string): Promise<{ html: string }> }) => {
    const { html } = await reader.get("/docs/tides");
    const shown = JSON.parse(/id="specification">(.*?)<\/script>/s.exec(html)?.[1] ?? "");
    return [shown.paths["/tides"].get.parameters[0].examples, shown.components.parameters.key.examples];
  };
  const [ada, bob] = [await portal.developer("ada"), await portal.developer("bob")];
  const [own] = await portal.pool.query<{ name: string; userKey: string }>(
    `select applications.name, user_key as "userKey" from applications join users using (provider_id, account_id)
     where provider_id = $1 and username = 'ada'`,
    [portal.provider.id],
  );
  const examples = { default: { summary: own?.name, value: own?.userKey } };
  expect(await examplesFor(ada)).toEqual([examples, examples]);
  expect(JSON.stringify(await examplesFor(bob))).not.toContain(own?.userKey);
  expect(await examplesFor(portal.visitor("developer"))).toEqual([undefined, undefined]);
});

test("a page that asks for a key leads visitors to the log-in and, if it is open, to the sign-up", async ({
  portal,
}) => {
  const parameters = [{ name: "key", in: "query", "x-data-threescale-name": "user_keys" }];
  await add(portal, { name: "Tides", body: document({ paths: tidesWith({ parameters }) }) });
  await add(portal, { name: "Open", body: document({}) });
  const linksOf = async (reader: { get(url: string): Promise<{ html: string }> }, path: string) => {
    const bar = /<header class="bar">(.*?)<\/header>/s.exec((await reader.get(path)).html)?.[1] ?? "";
    return Array.from(bar.matchAll(/href="([^"]+)"/g), ([, href]) => href);
  };
  const visitor = portal.visitor("developer");
  expect(await linksOf(visitor, "/docs/tides")).toEqual(["/docs", "/login?return_to=%2Fdocs%2Ftides", "/signup"]);
  expect(await linksOf(visitor, "/docs/open")).toEqual(["/docs"]);
  expect(await linksOf(await portal.developer("ada"), "/docs/tides")).toEqual(["/docs"]);
  await portal.updateProvider({ signups_enabled: false });
  expect(await linksOf(visitor, "/docs/tides")).toEqual(["/docs", "/login?return_to=%2Fdocs%2Ftides"]);
});

test("the examples of an application without a user key are its id and its first key", async ({ portal }) => {
  const { pool, provider } = portal;
  const ada = await portal.developer("ada");
  await pool.query("update products set backend_version = '2' where provider_id = $1", [provider.id]);
  const [own] = await pool.query<{ applicationId: string }>(
    `with key as (
       insert into application_keys (provider_id, application_id, value) select provider_id, id, 'k3y' from applications
       where provider_id = $1)
     select application_id from applications where provider_id = $1`,
    [provider.id],
  );
  const names = ["user_keys", "app_ids", "client_ids", "app_keys", "client_secrets"];
  const parameters = names.map((name) => ({ name, in: "query", "x-data-threescale-name": name }));
  await add(portal, { name: "Tides", body: document({ paths: tidesWith({ parameters }) }) });
  const { html } = await ada.get("/docs/tides");
  const shown = JSON.parse(/id="specification">(.*?)<\/script>/s.exec(html)?.[1] ?? "");
  const values = shown.paths["/tides"].get.parameters.map(
    ({ examples }: { examples?: Record<string, { value: string }> }) => examples?.["default"]?.value,
  );
  expect(values).toEqual([undefined, own?.applicationId, own?.applicationId, "k3y", "k3y"]);
});

test("the keys of applications of other products, and of those that are not live, are no examples", async ({
  portal,
}) => {
  const { pool, provider } = portal;
  const ada = await portal.developer("ada");
  const parameters = [{ name: "key", in: "query", "x-data-threescale-name": "user_keys" }];
  const body = document({ paths: tidesWith({ parameters }) });
  const [product] = await pool.query<{ id: number }>("select id from products where provider_id = $1", [provider.id]);
  const other = await pool.query<{ id: number }>(
    `insert into products (provider_id, name, system_name, created_at, updated_at)
     values ($1, 'Other', 'other', now(), now()) returning id`,
    [provider.id],
  );
  await add(portal, { name: "Own", body, service_id: product?.id });
  await add(portal, { name: "Others", body, service_id: other[0]?.id });
  const hasExamples = async (path: string) => (await ada.get(path)).html.includes('"examples"');
  expect([await hasExamples("/docs/own"), await hasExamples("/docs/others")]).toEqual([true, false]);
  await pool.query("update applications set state = 'suspended' where provider_id = $1", [provider.id]);
  expect(await hasExamples("/docs/own")).toBe(false);
});

test("the keys of the five newest applications are the examples, newest first", async ({ portal }) => {
  const ada = await portal.developer("ada");
  for (const name of ["Two", "Three", "Four", "Five", "Six"]) await ada.submit("/applications/new", { name });
  const parameters = [{ name: "key", in: "query", "x-data-threescale-name": "user_keys" }];
  await add(portal, { name: "Tides", body: document({ paths: tidesWith({ parameters }) }) });
  const { html } = await ada.get("/docs/tides");
  expect(html.match(/"summary":"[^"]+"/g)).toEqual(
    ["Six", "Five", "Four", "Three", "Two"].map((name) => `"summary":"${name}"`),
  );
});

test("fewer applications are offered where thousands of parameters ask for a key", async ({ portal }) => {
  const ada = await portal.developer("ada");
  for (const name of ["Two", "Three", "Four", "Five"]) await ada.submit("/applications/new", { name });
  for (const [count, offered] of [
    [3000, 5],
    [3001, 4],
    [20_000, 1],
  ] as const) {
    const parameters = Array.from({ length: count }, () => ({ "x-data-threescale-name": "user_keys" }));
    const half = count >> 1; // no list may have more than 10,000
    const paths = { "/a": { parameters: parameters.slice(half) }, "/b": { parameters: parameters.slice(0, half) } };
    await add(portal, { name: `Tides ${count}`, body: document({ paths }) });
    const { html } = await ada.get(`/docs/tides_${count}`);
    expect([count, html.match(/"summary"/g)?.length]).toEqual([count, count * offered]);
    expect(html.match(/"summary":"[^"]+"/)?.[0]).toBe('"summary":"Five"');
  }
});

test("a parameter with a name that asks for no key gets no example, whatever it is", async ({ portal }) => {
  const names = ["constructor", "hasOwnProperty", "__proto__", { toString: 1 }, "user_keys"];
  const parameters = names.map((name) => ({ name: "a", in: "query", "x-data-threescale-name": name }));
  await add(portal, { name: "Tides", body: document({ paths: tidesWith({ parameters }) }) });
  const { html } = await (await portal.developer("ada")).get("/docs/tides");
  const shown = JSON.parse(/id="specification">(.*?)<\/script>/s.exec(html)?.[1] ?? "{}");
  const examples = shown.paths?.["/tides"].get.parameters.map((parameter: object) => "examples" in parameter);
  expect(examples).toEqual([false, false, false, false, true]);
});

test("an unchanged specification is not parsed for each visitor", async ({ portal }) => {
  const names = (at: number) => Object.fromEntries(Array.from({ length: 9999 }, (_, n) => [`${at}x${n}`, 0]));
  const body = document({
    servers: [{ url: "https://api.fjord.example" }],
    "x-names": Array.from({ length: 9 }, (_, at) => names(at)),
  });
  await add(portal, { name: "Tides", body });
  const visitor = portal.visitor("developer");
  const ms: { page: number; parsing: number }[] = [];
  for (let reads = 0; reads < 6; reads += 1) {
    const processorMs = countProcessorMs();
    const { headers } = await visitor.get("/docs/tides");
    const page = processorMs();
    expect(headers["content-security-policy"]).toContain("connect-src https://api.fjord.example;");
    ms.push({ page, parsing: processorMsOf(() => JSON.parse(body)) });
  }
  const least = (of: "page" | "parsing") => Math.min(...ms.map((each) => each[of]));
  // An eighth of it. Without the cache, a page takes longer than parsing alone.
  expect(least("page")).toBeLessThan(least("parsing") / 2);
});

/** An API that answers pages of other origins, and the requests that it got. */
async function startApi() {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(200, { "access-control-allow-origin": "*", "content-type": "application/json" });
    response.end('{"tide":"high"}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { requests, origin: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() };
}

/** Collects what the browser complains about, and the origins of all requests. */
function watch(page: Page) {
  const complaints: string[] = [];
  const origins = new Set<string>();
  page.on("console", (line) => void (["error", "warning"].includes(line.type()) && complaints.push(line.text())));
  page.on("pageerror", (error) => void complaints.push(error.message));
  page.on("request", (request) => void origins.add(new URL(request.url()).origin));
  return { complaints, origins: () => [...origins].filter((origin) => origin.startsWith("http")).toSorted() };
}

test("a reader tries a request out, which goes to the API's own server only", async ({ browser, database }) => {
  const { provider } = await setUp(database);
  await using api = await startApi();
  const body = document({
    servers: [{ url: api.origin }],
    paths: tidesWith({ summary: "Read the tides", tags: ["Sea"] }),
  });
  await publish(database, provider.id, { name: "Tides", body });
  await using server = await openWebServer(database);
  await server.http.listen({ host: "127.0.0.1", port: 0 });
  const own = server.http.listeningOrigin;
  await using context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const watched = watch(page);
  await page.goto(`${own}/docs`);
  await page.getByRole("link", { name: "Tides", exact: true }).click();
  await page.getByText("Loading the API documentation…").waitFor({ state: "hidden" });
  await page.getByRole("heading", { name: "Tides", exact: true }).waitFor();
  await expect.poll(() => findViolations(page)).toEqual([]);
  await page.getByText("Read the tides").first().click();
  await page
    .getByRole("button", { name: /Test Request/ })
    .first()
    .click();
  await page.getByRole("button", { name: /^Send/ }).filter({ visible: true }).first().click();
  await expect.poll(() => api.requests.map(({ url }) => url)).toEqual(["/tides"]);
  expect(api.requests[0]?.headers.cookie).toBeUndefined();
  expect(watched.complaints).toEqual([]);
  expect(watched.origins()).toEqual([own, api.origin].toSorted());
});

test("the key of a reader's newest application is filled in where a request is tried out", async ({
  browser,
  database,
}) => {
  const { provider } = await setUp(database);
  await using api = await startApi();
  const parameters = [
    { name: "station", in: "query", schema: { type: "string" }, example: "bergen" },
    { name: "user_key", in: "query", schema: { type: "string" }, "x-data-threescale-name": "user_keys" },
  ];
  const body = document({
    servers: [{ url: api.origin }],
    paths: tidesWith({ summary: "Read the tides", parameters }),
  });
  await publish(database, provider.id, { name: "Tides", body });
  await signUp(database, { provider, by: byForm });
  await using server = await openWebServer(database);
  await server.http.listen({ host: "127.0.0.1", port: 0 });
  const own = server.http.listeningOrigin;
  await using context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(`${own}/login?return_to=%2Fdocs%2Ftides`);
  await page.getByLabel("Username or email").fill(form.username);
  await page.getByLabel("Password", { exact: true }).fill(form.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("Loading the API documentation…").waitFor({ state: "hidden" });
  await page
    .getByRole("button", { name: /Test Request/ })
    .first()
    .click();
  await page.getByRole("button", { name: /^Send/ }).filter({ visible: true }).first().click();
  const [{ userKey } = { userKey: "" }] = await database.query<{ userKey: string }>(
    "select user_key from applications",
  );
  await expect.poll(() => api.requests.map(({ url }) => url)).toEqual([`/tides?station=bergen&user_key=${userKey}`]);
});

/** Each would set `hacked` if it ran. */
const script = "window.hacked = true";
const markup = [
  `<img src="https://evil.example/pixel" onerror="${script}">`,
  `<script>${script}</script><iframe srcdoc="<script>parent.${script}</script>"></iframe>`,
  `<svg><animate onbegin="${script}" attributeName="x" dur="1s"></svg><style>body { background: url(https://evil.example/css) }</style>`,
  `<form action="https://evil.example/form"><button id="trap">Continue</button></form>`,
  `<a id="link" href="javascript:${script}">Read more</a> [Read on](javascript:${encodeURIComponent(script)})`,
  "![](https://evil.example/markdown)",
].join("\n\n");

test("nothing in a specification runs as a script, or contacts another server", async ({ browser, database }) => {
  const { provider } = await setUp(database);
  const evil = { url: `javascript:${script}` };
  const body = document({
    info: {
      title: `Evil</script><script>${script}</script>${markup}`,
      version: "1",
      description: markup,
      contact: evil,
      license: { name: "x", ...evil },
      termsOfService: evil.url,
    },
    externalDocs: evil,
    servers: [evil, { url: "https://evil.example; script-src *", description: markup }],
    tags: [{ name: "sea", description: markup, externalDocs: evil }],
    paths: {
      ...tidesWith({
        tags: ["sea"],
        summary: markup,
        description: markup,
        externalDocs: evil,
        parameters: [
          { name: "a", in: "query", description: markup, schema: { $ref: "https://evil.example/schema.json" } },
        ],
      }),
      "/remote": { $ref: "https://evil.example/path.json" },
    },
    components: {
      schemas: { Tide: { type: "string", description: markup, example: markup } },
      securitySchemes: {
        sea: { type: "oauth2", description: markup, flows: { implicit: { authorizationUrl: evil.url, scopes: {} } } },
      },
    },
  });
  const id = await publish(database, provider.id, { name: "Evil", body, skip_swagger_validations: true });
  await using server = await openWebServer(database);
  await server.http.listen({ host: "127.0.0.1", port: 0 });
  const own = server.http.listeningOrigin;
  await using context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  await context.addCookies([{ name: "bellwire_admin", value: await signIn(database, provider.id), url: own }]);
  const reached: string[] = [];
  await context.route("https://evil.example/**", (route) => {
    reached.push(route.request().url());
    return route.abort();
  });
  for (const address of ["/docs/evil", `/p/admin/api-specifications/${id}/preview`]) {
    const page = await context.newPage();
    await page.goto(own + address);
    await page.getByText("Loading the API documentation…").waitFor({ state: "hidden" });
    for (const link of await page.getByRole("link").all()) {
      if ((await link.getAttribute("href"))?.startsWith("javascript:"))
        await link.click({ force: true, noWaitAfter: true, timeout: 2000 });
    }
    expect([await page.evaluate("window.hacked"), page.url().startsWith(own)]).toEqual([undefined, true]);
    expect(
      await page.evaluate("document.querySelectorAll('#api-docs script, #api-docs iframe, #api-docs #trap').length"),
    ).toBe(0);
    await page.close();
  }
  expect(reached).toEqual([]);
});

async function signIn(pool: Pool, providerId: number): Promise<string> {
  const user = await findProviderUserByLogin(pool, providerId, "admin");
  const session = { providerId, audience: "admin", userId: user?.id ?? 0, now: new Date() } as const;
  return (await pool.inTransaction((tx) => createSession(tx, session))).cookieValue;
}
