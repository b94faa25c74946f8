import Fastify, { type FastifyInstance } from "fastify";
import { expect } from "vitest";
import { addFindProviderHook } from "#http/shared/find-provider.ts";
import { systemClock } from "#platform/clock.ts";
import { type Bin, createBin, readBin } from "#request-bin/index.ts";
import { maskBody } from "#http/shared/bin-requests.ts";
import { setUp } from "../../../test/portal/portal-fixture.ts";
import { adminCookie } from "../../../test/support/admin-cookie.ts";
import { buildBinNeeds, viewPath } from "../../../test/support/build-bin-needs.ts";
import { test as base } from "../../../test/support/test.ts";
import { requestBinPlugin } from "./index.ts";

const test = base
  .extend("provider", async ({ database }) => (await setUp(database)).provider)
  .extend("bin", async ({ database, provider }) =>
    database.inTransaction((tx) => createBin(tx, { providerId: provider.id })),
  )
  .extend("http", async ({ database, provider }, { onCleanup }) => {
    expect(provider.state).toBe("approved"); // creates the provider before the first request
    const http = Fastify();
    http.register(async (interfaces) => {
      addFindProviderHook(interfaces, { pool: database, clock: systemClock, baseDomain: undefined });
      await interfaces.register(requestBinPlugin(buildBinNeeds(database, { secretsOfBin: async () => [] })));
    });
    onCleanup(() => http.close());
    return http;
  });

/** Returns each route of a bin that shows requests or changes responses. */
const addresses = (bin: Bin, key: string) =>
  (
    [
      ["GET", `/bins/${bin.id}/view?key=${key}`],
      ["GET", `/bins/${bin.id}/view/stream?after=0&key=${key}`],
      ["GET", `/bins/${bin.id}/view/requests/1/body?key=${key}`],
      ["POST", `/bins/${bin.id}/view/answer?key=${key}`],
    ] as const
  ).map(([method, url]) => ({ method, url }));

const form = { headers: { "content-type": "application/x-www-form-urlencoded" }, payload: "status=500" };

const post = (http: FastifyInstance, bin: Bin, body: string, headers = {}, query = "") =>
  http.inject({ method: "POST", url: `/bins/${bin.id}${query}`, headers, payload: body });

test("the receiving URL alone does not permit viewing requests or changing the response", async ({
  http,
  bin,
  database,
}) => {
  await post(http, bin, "hello=world");
  for (const key of ["", bin.id, "a".repeat(26)]) {
    for (const address of addresses(bin, key)) {
      const answer = await http.inject({ ...address, ...(address.method === "POST" && form) });
      expect([address.url, answer.statusCode]).toEqual([address.url, 403]);
      expect(answer.body).not.toContain("hello");
      expect(answer.body).not.toContain(bin.viewKey);
    }
  }
  expect(await readBin(database, bin)).toMatchObject({ answerStatus: 200 });
});

test("a signed-in admin may view a bin without the key, a member may not", async ({ http, bin, database }) => {
  const { cookie: admin } = await adminCookie(database, bin.providerId);
  const { cookie: member } = await adminCookie(database, bin.providerId, "member");
  await post(http, bin, "hello=world");
  const url = `/bins/${bin.id}/view`;
  expect((await http.inject({ url, headers: { cookie: admin } })).body).toContain("hello=world");
  expect((await http.inject({ url, headers: { cookie: member } })).statusCode).toBe(403);
});

const application = [
  "<application><id>7</id><user_key>3c0ffee</user_key><keys><key>5ec2e7</key></keys><name>Quay</name></application>",
  '{"type":"application.created","data":{"application":{"user_key":"3c0ffee","keys":["5ec2e7"],"name":"Quay"}}}',
];

test.for(application)("only admins see credentials in %s", async (body, { http, bin, database }) => {
  const { cookie: admin } = await adminCookie(database, bin.providerId);
  await post(http, bin, body, { authorization: "Basic 5ec2e7", "webhook-id": "evt" }, "?token=5ec2e7&plain");

  const { body: masked } = await http.inject({ url: viewPath(bin) });
  expect(masked).toContain("Quay");
  expect(masked).toContain("token=…");
  expect(masked).not.toMatch(/3c0ffee|5ec2e7/);
  const complete = await http.inject({ url: viewPath(bin), headers: { cookie: admin } });
  expect(complete.body.match(/3c0ffee|5ec2e7/g)?.length).toBeGreaterThan(3);

  const saved = viewPath(bin, "/requests/1/body");
  expect((await http.inject({ url: saved })).statusCode).toBe(403);
  expect((await http.inject({ url: saved, headers: { cookie: admin } })).body).toBe(body);
});

test("a bin cannot be viewed on another provider's host", async ({ http, bin, database }) => {
  const other = (await setUp(database)).provider;
  const elsewhere = await database.inTransaction((tx) => createBin(tx, { providerId: other.id }));
  expect((await http.inject({ url: viewPath(elsewhere) })).statusCode).toBe(404);
  expect((await http.inject({ url: viewPath(bin) })).statusCode).toBe(200);
});

test("the bins of a suspended provider return 403", async ({ http, bin, database }) => {
  await database.query("update providers set state = 'suspended' where id = $1", [bin.providerId]);
  for (const address of addresses(bin, bin.viewKey)) {
    const answer = await http.inject({ ...address, ...(address.method === "POST" && form) });
    expect([address.url, answer.statusCode]).toEqual([address.url, 403]);
  }
});

test.for([
  ['{"user\\u005fkey":"3c0ffee"}', '{\n  "user_key": "…"\n}'],
  ['{"keys":[["3c0ffee"],{"a":"3c0ffee"}],"x":1}', '{\n  "keys": "…",\n  "x": 1\n}'],
  ['{"key":{"last4":"ffee"},"n":12345678901234567890}', '{\n  "key": "…",\n  "n": 12345678901234567890\n}'],
  ["<a><keys/><user_key></user_key><b>1</b></a>", "<a>\n  <keys/>\n  <user_key>…</user_key>\n  <b>1</b>\n</a>"],
  ["<a><keys><key>1</key><key>2</key></keys></a>", "<a>\n  <keys>…</keys>\n</a>"],
  ["hello=world", "hello=world"],
  ["user_key=3c0ffee", undefined],
  ["<application><user_key>3c0ffee</user_key>", undefined],
  ['{"user_key":"3c0ffee"', undefined],
] as const)("viewers without admin rights see the body %o as %o", ([body, shown]) => {
  expect(maskBody(body)?.replace("user\\u005fkey", "user_key")).toBe(shown);
});
