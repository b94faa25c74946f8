import { expect } from "vitest";
import { setUp } from "../portal/house.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test as base } from "../support/test.ts";

type Sent = readonly [method: "GET" | "POST" | "PUT" | "DELETE", path: string, contentType?: string, body?: string];

/** Everything, for one provider with a bin. */
const test = base.extend("send", { scope: "file" }, async ({ sharedPool }, { onCleanup }) => {
  const { accessToken } = await setUp(sharedPool);
  const { http, ...server } = await openWebServer(sharedPool);
  onCleanup(() => server[Symbol.asyncDispose]());
  const authorization = `Bearer ${accessToken}`;
  const made = await http.inject({ method: "POST", url: "/api/v1/bins", headers: { authorization }, payload: {} });
  const bin: string = made.json().id;
  return ([method, path, contentType, body]: Sent) =>
    http.inject({
      method,
      url: path.replace("BIN", bin),
      headers: { authorization, ...(contentType === undefined ? {} : { "content-type": contentType }) },
      ...(body === undefined ? {} : { payload: body }),
    });
});

const form = "application/x-www-form-urlencoded";
const html = "text/html; charset=utf-8";
const plain = "text/plain; charset=utf-8";
const long = "a".repeat(700);
const large = `status=200&more=${"x".repeat(2_000_000)}`;
const says = "There is no such page.";

test.for<readonly [guarantee: string, sent: Sent, status: number, type: string, says: string]>([
  ["no page of a bin", ["GET", "/bins/BIN/nothing"], 404, html, says],
  ["no list of bins", ["GET", "/bins"], 404, html, says],
  ["no file", ["GET", "/bins/assets/nothing.css"], 404, html, says],
  ["a method that a page has not", ["DELETE", "/bins/BIN/view"], 404, html, says],
  ["a form of another method", ["PUT", "/bins/BIN/view/answer", form, "status=200"], 404, html, says],
  ["a form that is too large", ["POST", "/bins/BIN/view/answer", form, large], 413, html, "body is too large"],
  ["a form that is no text", ["POST", "/bins/BIN/view/answer", form, "status=%FF"], 400, html, "cannot be read"],
  ["no form at all", ["POST", "/bins/BIN/view/answer", "application/json", "{}"], 415, html, "Content-Type"],
  ["a kind that nobody knows", ["POST", "/bins/BIN/view/answer", "nonsense", "{"], 415, html, "Content-Type"],
  ["no bin whose id is a zero byte", ["GET", "/bins/%00/view"], 404, html, "no such bin"],
  ["nor is one caught from", ["POST", "/bins/a%00"], 404, "text/plain", "no such bin"],
  ["an address that is no text", ["GET", "/bins/%FF/view"], 400, html, "address cannot be read"],
  ["no bin of such a length", ["GET", `/bins/${long}/view`], 404, html, "no such thing"],
  ["nor one that takes anything", ["POST", `/bins/${long}`], 404, plain, "no such thing"],
  [
    "no account of such a length",
    ["GET", `/admin/api/accounts/${long}.json`],
    404,
    "application/json; charset=utf-8",
    "Not found",
  ],
  ["and in XML without a word", ["GET", `/admin/api/accounts/${long}.xml`], 404, "application/xml; charset=utf-8", ""],
  ["no event of such a length", ["GET", `/api/v1/events/${long}`], 404, "application/problem+json", "not-found"],
  ["no page of such a length", ["GET", `/applications/${long}`], 404, html, "no such thing"],
])("a door refuses in its own words: %s", async ([, sent, status, type, text], { send }) => {
  const answer = await send(sent);
  expect([answer.statusCode, answer.headers["content-type"] ?? ""]).toEqual([status, type]);
  expect(answer.body).toContain(text);
  expect(answer.body).not.toMatch(/FST_|statusCode/);
});

test("a host that nobody is served under is refused as a page by what shows pages", async ({ database }) => {
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
