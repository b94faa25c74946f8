import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { test, xmlDeclaration } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

const emptyXml = `${xmlDeclaration}<webhooks-failures></webhooks-failures>`;
const emptyJson = '{"webhooks-failures":[]}';

test.for<[string, Readonly<Record<string, string>>, string]>([
  ["/webhooks/failures.xml", {}, emptyXml],
  ["/webhooks/failures.json", {}, emptyJson],
  ["/webhooks/failures", {}, emptyXml],
  ["/webhooks/failures?format=json", {}, emptyJson],
  ["/webhooks/failures", { accept: "application/json" }, emptyJson],
  ["/webhooks/failures.xml", { accept: "application/json" }, emptyXml],
])("%s with the headers %j returns the requested format", async ([path, headers, body], { api }) => {
  expect((await api.send("GET", path, { headers })).body).toBe(body);
});

test("links and Location use the public URL, or the host of the request if it differs", async ({ api }) => {
  const { json, headers } = await api.send("POST", "/signup.json", { payload: { org_name: "Quay", username: "quay" } });
  expect(JSON.stringify(json())).toContain(`"https://${api.host}/admin/api/accounts/`);
  const created = await api.send("POST", "/account_plans.json", { payload: { name: "Gold" } });
  expect([headers.location ?? "", created.headers.location ?? ""].join(" ")).not.toContain("http://");
  const provider = await api.send("GET", "/provider.json");
  expect(provider.body).toContain(`"https://${api.host}/admin/api/users"`);
  const inside = { host: `${api.host}:8080` };
  expect((await api.send("GET", "/provider.json", { headers: inside })).body).toContain(`"http://${inside.host}/admin`);
});

test("an unknown format is rejected in plain text", async ({ api }) => {
  const response = await api.send("GET", "/webhooks/failures.yaml");

  expect([response.statusCode, response.body]).toEqual([406, "This format is not supported."]);
  expect(response.headers["content-type"]).toBe("text/plain; charset=utf-8");
});

test("an unknown path is answered with 404 in the requested format", async ({ api }) => {
  const xml = await api.send("GET", "/invoices.xml");
  const json = await api.send("GET", "/invoices", { headers: { accept: "application/json" } });
  const byExtension = await api.send("GET", "/invoices/7.json?page=2");
  expect(byExtension.body).toBe(json.body);

  expect([xml.statusCode, xml.body]).toEqual([404, ""]);
  expect([json.statusCode, json.body]).toEqual([404, '{"status":"Not found"}']);
});

test.for<[string, number, string, string]>([
  ["invalid JSON", 400, "application/json", '{"url":'],
  ["JSON that is not an object", 400, "application/json", "[1]"],
  ["an invalid multipart form", 400, "multipart/form-data; boundary=x", "nonsense"],
  ["XML", 415, "application/xml", "<url/>"],
  ["text, as fetch sends strings", 415, "text/plain;charset=UTF-8", "url=https://hooks.example/3s"],
  ["more than 1 MiB", 413, "application/json", JSON.stringify({ url: "x".repeat(1024 * 1024) })],
])("a body of %s is rejected with %i", async ([, status, type, payload], { api }) => {
  const response = await api.send("PUT", "/webhooks.json", { payload, headers: { "content-type": type } });

  expect(response.statusCode).toBe(status);
  expect(Object.keys(response.json())).toEqual(["error"]);
});

test("a compressed body is refused for its encoding, and a mistaken encoding of a readable one is ignored", async ({
  api,
}) => {
  const send = (payload: string | Buffer, encoding: string) =>
    api.send("PUT", "/webhooks.json", {
      payload,
      headers: { "content-type": "application/json", "content-encoding": encoding },
    });
  const refused = await send(gzipSync("{}"), "gzip");
  expect([refused.statusCode, refused.json()]).toEqual([
    415,
    { error: "The body is compressed (Content-Encoding). Send it as it is." },
  ]);
  for (const encoding of ["UTF-8", "identity"]) expect((await send("{}", encoding)).statusCode).toBe(200);
});

test("a zero byte in a filter is named as the reason of the rejection", async ({ api }) => {
  for (const path of ["/accounts.json?state=a%00b", "/users.json?role=%00"]) {
    const response = await api.send("GET", path);
    expect([response.statusCode, response.json()]).toEqual([
      400,
      { error: "A text of the request contains a zero byte." },
    ]);
  }
});

test.for(["", " ", "null", '""'])("as JSON, %j is an empty body", async (payload, { api }) => {
  const headers = { "content-type": "application/json" };
  const { account } = await createPortalObjects(api);
  for (const [method, path] of [
    ["PUT", `/accounts/${account}/approve.json`],
    ["GET", "/accounts.json"],
    ["DELETE", "/webhooks/failures.json"],
  ] as const)
    expect([method, (await api.send(method, path, { headers, payload })).statusCode]).toEqual([method, 200]);
});

test.for([
  ["GET", "/accounts.json?state=%00"],
  ["GET", "/accounts.json?query=%00"],
  ["PUT", "/accounts/1.json?org_name=%00"],
  ["POST", "/signup.json?org_name=%00&username=%00&email=%00&annotations[a]=%00&annotations[%00]=a"],
  ["PUT", "/webhooks.json?access_token=%00"],
  ["GET", "/accounts/%00.json"],
  ["DELETE", "/webhooks/failures.json?time=%00"],
] as const)("a zero byte in a path or parameter gets a 4xx response: %s %s", async ([method, path], { api }) => {
  const response = await api.send(method, path);

  expect(response.statusCode).toBeGreaterThanOrEqual(400);
  expect(response.statusCode).toBeLessThan(500);
});

test("an internal error reveals only the request id", async ({ api }) => {
  await api.pool.query("update providers set time_zone = 'Nowhere/At_All' where id = $1", [api.provider.id]);
  const response = await api.send("POST", "/signup.json", { payload: { org_name: "Quay Ltd", username: "quay" } });

  expect(response.statusCode).toBe(500);
  expect(response.json().error).toMatch(/^An internal error occurred\. .* Request id: \S+$/);
});

test("an unknown Content-Type is accepted if the body is empty", async ({ api }) => {
  const { account } = await createPortalObjects(api);
  for (const type of [
    "application/xml",
    "text/xml; charset=utf-8",
    "multipart/form-data",
    "application/octet-stream",
  ]) {
    const headers = { "content-type": type };
    const steps = ["make_pending", "approve"].map((step) => `/accounts/${account}/${step}.xml`);
    for (const step of steps)
      expect([type, (await api.send("PUT", step, { headers })).statusCode]).toEqual([type, 200]);
    expect((await api.send("DELETE", "/webhooks/failures.xml", { headers })).statusCode).toBe(200);
  }
});
