import type { InjectOptions } from "fastify";
import { expect } from "vitest";
import { pathSegmentLengthMax } from "#http/shared/server-hooks.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test as base } from "../support/test.ts";

/** One web server for the file, with a provider, its token and a bin. */
const test = base
  .extend("server", { scope: "file" }, async ({ sharedPool }, { onCleanup }) => {
    const { accessToken } = await setUp(sharedPool);
    const server = await openWebServer(sharedPool);
    onCleanup(() => server[Symbol.asyncDispose]());
    const headers = { authorization: `Bearer ${accessToken}` };
    const bin = await server.http.inject({ method: "POST", url: "/api/v1/bins", headers, payload: {} });
    return { http: server.http, headers, binId: String(bin.json().id) };
  })
  .extend(
    "send",
    { scope: "file" },
    ({ server: { http, headers, binId } }) =>
      (request: InjectOptions & { readonly url: string }) => {
        const url = request.url.replace("BIN", binId);
        return http.inject({ ...request, url, headers: { ...headers, ...request.headers } });
      },
  );

const form = "application/x-www-form-urlencoded";
const html = "text/html; charset=utf-8";
const plain = "text/plain; charset=utf-8";
const json = "application/json; charset=utf-8";
const xml = "application/xml; charset=utf-8";
const problem = "application/problem+json";
const long = "a".repeat(pathSegmentLengthMax + 1);
const large = `status=200&more=${"x".repeat(2_000_000)}`;
const noPage = "This page does not exist.";

type Request = readonly [method: "GET" | "POST" | "PUT" | "DELETE", path: string, contentType?: string, body?: string];

test.for<readonly [refused: string, request: Request, status: number, type: string, text: string]>([
  ["an unknown page of a bin", ["GET", "/bins/BIN/view/nothing"], 404, html, noPage],
  ["a list of bins", ["GET", "/bins"], 404, html, noPage],
  ["an unknown file", ["GET", "/bins/assets/nothing.css"], 404, html, noPage],
  ["a method that a page does not have", ["DELETE", "/bins/BIN/view"], 404, html, noPage],
  ["a form with another method", ["PUT", "/bins/BIN/view/answer", form, "status=200"], 404, html, noPage],
  ["a form that is too large", ["POST", "/bins/BIN/view/answer", form, large], 413, html, "is too large"],
  ["a form that is not UTF-8", ["POST", "/bins/BIN/view/answer", form, "status=%FF"], 400, html, "cannot be read"],
  ["a body that is not a form", ["POST", "/bins/BIN/view/answer", "application/json", "{}"], 415, html, "Content-Type"],
  ["an invalid content type", ["POST", "/bins/BIN/view/answer", "nonsense", "{"], 415, html, "Content-Type"],
  ["the view of a bin with a zero byte as id", ["GET", "/bins/%00/view"], 404, html, "does not exist"],
  ["a request to a bin with a zero byte in its id", ["POST", "/bins/a%00"], 404, "text/plain", "does not exist"],
  ["a path that is not UTF-8", ["GET", "/bins/%FF/view"], 400, html, "path cannot be read"],
  ["the view of a bin with a long id", ["GET", `/bins/${long}/view`], 404, html, "Not found"],
  ["a request to a bin with a long id", ["POST", `/bins/${long}`], 404, plain, "Not found"],
  ["an account with a long id, as JSON", ["GET", `/admin/api/accounts/${long}.json`], 404, json, "Not found"],
  ["an account with a long id, as XML", ["GET", `/admin/api/accounts/${long}.xml`], 404, xml, ""],
  ["an event with a long id", ["GET", `/api/v1/events/${long}`], 404, problem, "not-found"],
  ["a page with a long id", ["GET", `/applications/${long}`], 404, html, "Not found"],
])("each interface rejects requests in its own format: %s", async ([, request, status, type, text], { send }) => {
  const [method, url, contentType, body] = request;
  const headers = contentType === undefined ? {} : { "content-type": contentType };
  const answer = await send({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
  expect([answer.statusCode, answer.headers["content-type"] ?? ""]).toEqual([status, type]);
  expect(answer.body).toContain(text);
  expect(answer.body).not.toMatch(/FST_|statusCode/);
});

test.for([
  ["/admin/api/accounts/%FF.xml", xml],
  ["/admin/api/accounts/%FF", xml],
  ["/admin/api/accounts/%FF.json", json],
  ["/admin/api/nothing/%", xml],
  ["/api/v1/events/%ZZ", problem],
  ["/api/v1/nothing/%ED%A0%80", problem],
  ["/p/admin/accounts/%FF", html],
  ["/applications/%FF", html],
  ["/%FF?a=1", html],
  ["/bins/%FF", plain],
] as const)(
  "a path with invalid percent-encoding is rejected in its interface's format: %s",
  async ([url, type], { send }) => {
    const answer = await send({ url });
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([400, type]);
    expect(answer.body).toContain("cannot be read");
  },
);

test("a path with valid percent-encoding reaches its route", async ({ send }) => {
  expect((await send({ url: "/log%69n" })).statusCode).toBe(200);
  expect((await send({ url: "/login?next=%FF" })).statusCode).not.toBe(500);
});

test("trailing and repeated slashes lead to the same route", async ({ send }) => {
  for (const path of ["/signup", "/login", "/p/login", "/admin/api/accounts", "/api/v1/endpoints", "/healthz"]) {
    const type = (await send({ url: path })).headers["content-type"];
    for (const url of [`${path}/`, `http://localhost${path.replaceAll("/", "//")}`]) {
      const { statusCode, headers } = await send({ url });
      const answer = statusCode === 308 ? await send({ url: String(headers.location) }) : { statusCode, headers };
      expect([url, answer.statusCode, answer.headers["content-type"]]).toEqual([url, 200, type]);
      // Only the pages of developers, whose forms browsers would send to another host.
      expect([url, statusCode === 308]).toEqual([url, /localhost\/\/(?:signup|login)$/.test(url)]);
    }
  }
});

test.for([
  ["/stats/services/7/usage.json?metric_name=hits", json, '{"status":"Not found"}'],
  ["/stats/applications/7/usage.xml", xml, ""],
  ["/master/api/providers.xml", xml, ""],
  ["/master/api/providers.json", json, '{"status":"Not found"}'],
  ["/api/invoices.json", json, '{"status":"Not found"}'],
  ["/api/accounts/1/invoices.xml", xml, ""],
] as const)("an unsupported API of 3scale gets a 404 in its format: %s", async ([url, type, body], { server }) => {
  const answer = await server.http.inject({ url });
  expect([answer.statusCode, answer.headers["content-type"], answer.body]).toEqual([404, type, body]);
});

const multipart = `--x\r\ncontent-disposition: form-data; name="org_name"\r\n\r\nQu\u00ffy\r\n--x--\r\n`;

/** Latin-1 bodies. ÿ is the byte ff, which UTF-8 never contains. */
test.for([
  ["/signup", form, "org_name=Qu%FFy"],
  ["/signup", form, "org_name=Quÿy"],
  ["/signup", form, "org_name=%ED%A0%80"],
  ["/login", form, "username=%FF"],
  ["/p/login", form, "username=%FF"],
  ["/admin/api/signup.json", form, "username=mira&org_name=Qu%FFy"],
  ["/admin/api/signup.json", form, "username=mira&org_name=Quÿy"],
  ["/admin/api/signup.json?username=mira&org_name=Qu%FFy", form, ""],
  ["/admin/api/signup.json", "application/json", '{"username":"mira","org_name":"Quÿy"}'],
  ["/admin/api/signup.json?username=mira", "multipart/form-data; boundary=x", multipart],
  ["/admin/api/accounts/%FF.json", form, ""],
  ["/api/v1/endpoints", "application/json", '{"name":"ÿ","url":"http://127.0.0.1/"}'],
] as const)(
  "invalid UTF-8 is rejected and changes nothing: %s, %s, %j",
  async ([url, type, body], { send, sharedPool }) => {
    const rows = () => sharedPool.query("select (select count(*) from accounts), (select count(*) from endpoints)");
    const before = await rows();
    const answer = await send({
      method: "POST",
      url,
      headers: { "content-type": type },
      payload: Buffer.from(body, "latin1"),
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).not.toBe("");
    expect(await rows()).toEqual(before);
  },
);

test("a file in a multipart form may contain any bytes", async ({ send }) => {
  const parts = [
    'content-disposition: form-data; name="org_name"\r\n\r\nQuay',
    'content-disposition: form-data; name="username"\r\n\r\nmira',
    'content-disposition: form-data; name="logo"; filename="logo.png"\r\ncontent-type: image/png\r\n\r\n\u00ff\u0000',
  ];
  const answer = await send({
    method: "POST",
    url: "/admin/api/signup.json",
    headers: { "content-type": "multipart/form-data; boundary=x" },
    payload: Buffer.from(`${parts.map((part) => `--x\r\n${part}\r\n`).join("")}--x--\r\n`, "latin1"),
  });
  expect([answer.statusCode, answer.json().account.org_name]).toEqual([201, "Quay"]);
});

base("a host without a provider gets a 404, as a page from interfaces that have pages", async ({ database }) => {
  await setUp(database);
  await using server = await openWebServer(database, { baseDomain: "bellwire.test" });
  const headers = { host: "nobody.elsewhere.example" };
  for (const [url, type] of [
    ["/bins/aaaa/view", html],
    ["/bins/aaaa", plain],
    ["/p/admin/api-docs", html],
  ] as const) {
    const answer = await server.http.inject({ url, headers });
    expect([url, answer.statusCode, answer.headers["content-type"]]).toEqual([url, 404, type]);
    expect(answer.body).toContain("No provider is served under this host.");
  }
});
