import { connect } from "node:net";
import { expect, onTestFinished } from "vitest";
import { requestLimits, textLimits } from "#platform/limits.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { countProcessorMs, longestTurnShareOf } from "../support/processor-ms.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";

type Sent = readonly [method: "POST" | "PUT", url: string, type: string, body: string];

const test = base
  .extend("site", { scope: "file" }, async ({ sharedPool }, { onCleanup }) => {
    const { accessToken, provider } = await setUp(sharedPool);
    const { http, ...server } = await openWebServer(sharedPool);
    await http.listen({ host: "127.0.0.1", port: 0 });
    onCleanup(() => server[Symbol.asyncDispose]());
    return { http, authorization: `Bearer ${accessToken}`, providerId: provider.id };
  })
  .extend(
    "send",
    ({ site: { http, authorization } }) =>
      ([method, url, type, payload]: Sent) =>
        http.inject({ method, url, headers: { authorization, "content-type": type }, payload }),
  );

const json = "application/json";
const form = "application/x-www-form-urlencoded";
const endpoints = "/api/v1/endpoints";
const signUp = "/admin/api/signup.json";
const long = "x".repeat(900_000);
const lists = `${"[".repeat(400_000)}${"]".repeat(400_000)}`;
const objects = `${'{"a":'.repeat(150_000)}1${"}".repeat(150_000)}`;
const fewLists = `${"[".repeat(9000)}${"]".repeat(9000)}`;
const fewObjects = `${'{"a":'.repeat(9000)}1${"}".repeat(9000)}`;
const part = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n';
const names = Array.from({ length: 60_000 }, (_, at) => `k${at}`);
const endpointWith = (more: string): string => `{"name":"crm","url":"http://127.0.0.1/",${more}}`;

test.for<readonly [input: string, status: number, sent: Sent]>([
  ["a body that is too large, as JSON", 413, ["POST", signUp, json, `{"org_name":"${long}${long}"}`]],
  ["a body that is too large, as a form", 413, ["POST", signUp, form, `org_name=${long}${long}`]],
  ["a body that is too large", 413, ["POST", endpoints, json, `{"name":"${long}${long}"}`]],
  ["lists in lists in a field", 413, ["POST", signUp, json, `{"username":"quay","org_name":${lists}}`]],
  ["objects in objects in a field", 413, ["POST", signUp, json, `{"username":"quay","org_name":${objects}}`]],
  ["objects in objects as annotations", 413, ["POST", signUp, json, `{"org_name":"a","annotations":${objects}}`]],
  ["objects in objects as a body", 413, ["POST", signUp, json, objects]],
  ["lists in lists as a setting", 413, ["POST", endpoints, json, endpointWith(`"headers":${lists}`)]],
  ["objects in objects as a setting", 413, ["POST", endpoints, json, endpointWith(`"headers":${objects}`)]],
  ["objects in objects as a filter", 413, ["POST", "/api/v1/failures/retry", json, objects]],
  ["few lists in lists in a field", 422, ["POST", signUp, json, `{"username":"quay","org_name":${fewLists}}`]],
  ["few objects in objects as a setting", 422, ["POST", endpoints, json, endpointWith(`"headers":${fewObjects}`)]],
  ["a long value", 422, ["POST", signUp, json, `{"username":"quay","org_name":"${long}"}`]],
  ["a long name", 422, ["POST", signUp, form, `username=quay&${long}=1`]],
  ["a long URL", 422, ["PUT", "/admin/api/webhooks.json", form, `active=1&url=http://127.0.0.1/${long}`]],
  ["a long name of a setting", 422, ["POST", endpoints, json, endpointWith(`"${long}":1`)]],
  ["a long name of a header", 422, ["POST", endpoints, json, endpointWith(`"headers":{"${long}":"1"}`)]],
  ["brackets in brackets", 422, ["POST", signUp, form, `a${"[b]".repeat(200_000)}=1`]],
  ["unclosed brackets", 422, ["POST", signUp, form, "a[".repeat(300_000)]],
  ["a repeated list", 413, ["POST", signUp, form, "a[]=1&".repeat(150_000)]],
  ["too many parts", 413, ["POST", signUp, "multipart/form-data; boundary=b", `${part.repeat(15_000)}--b--\r\n`]],
  ["too many names", 413, ["POST", signUp, form, names.map((name) => `${name}=1`).join("&")]],
  ["too many names in JSON", 413, ["POST", signUp, json, `{${names.map((name) => `"${name}":1`).join()}}`]],
  ["too many waits", 413, ["POST", endpoints, json, endpointWith(`"retry_waits_seconds":[${"1,".repeat(300_000)}1]`)]],
  [
    "too many unknown settings",
    413,
    ["POST", endpoints, json, endpointWith(names.map((name) => `"${name}":1`).join())],
  ],
  [
    "too many accounts for a bulk operation",
    413,
    ["POST", "/api/v1/accounts/bulk", json, `{"ids":[${"1,".repeat(90_000)}1],"operation":"approve"}`],
  ],
])(
  "oversized input is rejected with an error message, in little processor time: %s",
  async ([, status, sent], { send }) => {
    const processorMs = countProcessorMs();
    const { statusCode, body } = await send(sent);
    expect([statusCode, body.slice(0, 300)]).toEqual([status, expect.stringMatching(/^\{"(errors?|type)":/)]);
    expect(processorMs()).toBeLessThan(5000);
  },
);

test("the connection of a body that is too large stays open, so that the rest can be discarded", async ({ send }) => {
  const { statusCode, headers } = await send(["POST", endpoints, json, `{"name":"${long}${long}"}`]);
  expect([statusCode, headers.connection]).toEqual([413, undefined]);
});

test("large bodies of strangers are limited together, without limiting small ones, other networks and callers with a token", async ({
  site: { http, authorization },
}) => {
  onTestFinished(() => http.server.closeAllConnections()); // the server would wait for the bodies
  const port = Number(new URL(http.listeningOrigin).port);
  const bytes = requestLimits.apiBodyBytes.max;
  let answers = "";
  for (let at = 0; at <= requestLimits.strangersBodyBytesOfNetwork.max / bytes; at += 1) {
    const path = at % 2 === 0 ? "/admin/api/accounts.json" : "/api/v1/endpoints";
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\nContent-Type: ${json}\r\n\r\n`),
    );
    socket.setEncoding("utf8").on("error", () => undefined);
    socket.on("data", (text: string) => (answers += text));
  }
  await until(() => answers !== "");
  expect(answers).toMatch(/^HTTP\/1\.1 429 [^]*retry-after: 1/i);
  const status = async (headers: Readonly<Record<string, string>>, length: number, remoteAddress = "127.0.0.1") =>
    (
      await http.inject({
        method: "POST",
        url: endpoints,
        headers,
        payload: { name: "x".repeat(length) },
        remoteAddress,
      })
    ).statusCode;
  expect([
    await status({}, 100_000),
    await status({}, 1000),
    await status({}, 100_000, "203.0.113.1"),
    await status({ authorization }, 100_000),
  ]).toEqual([429, 401, 401, 422]);
});

test("large bodies of a provider's callers are limited together, without limiting small ones and other providers", async ({
  database, // the other tests need a single provider
}) => {
  const [one, other] = [await setUp(database), await setUp(database)];
  await using server = await openWebServer(database, { baseDomain: "bellwire.test" });
  const { http } = server;
  await http.listen({ host: "127.0.0.1", port: 0 });
  const port = Number(new URL(http.listeningOrigin).port);
  const headersOf = ({ provider, accessToken }: typeof one) => ({
    host: `${provider.subdomain}-admin.bellwire.test`,
    authorization: `Bearer ${accessToken}`,
  });
  const { host, authorization } = headersOf(one);
  const bytes = requestLimits.apiBodyBytes.max;
  const head = `Host: ${host}\r\nAuthorization: ${authorization}\r\nContent-Length: ${bytes}\r\nContent-Type: ${json}`;
  let answers = "";
  const sockets = Array.from({ length: requestLimits.callersBodyBytesOfProvider.max / bytes + 1 }, () => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`POST ${endpoints} HTTP/1.1\r\n${head}\r\n\r\n`));
    socket.setEncoding("utf8").on("error", () => undefined);
    return socket.on("data", (text: string) => (answers += text));
  });
  await until(() => answers !== "");
  expect(answers).toMatch(/^HTTP\/1\.1 429 [^]*retry-after: 1/i);
  const status = async (caller: typeof one, length: number) => {
    const payload = { name: "x".repeat(length) };
    return (await http.inject({ method: "POST", url: endpoints, headers: headersOf(caller), payload })).statusCode;
  };
  expect([await status(one, 100_000), await status(one, 1000), await status(other, 100_000)]).toEqual([429, 422, 422]);
  for (const socket of sockets) socket.destroy();
  await until(async () => (await status(one, 100_000)) === 422);
});

// Of 120 accounts, each with a user and an application. Each object has as many characters as it may have.
const insertLongObjects = `
  with definitions as (
    insert into fields_definitions (provider_id, target, name, label, position)
    select $1, target, 'note', 'Note', 9 from unnest(array['Account', 'User', 'Cinstance']) as target
    on conflict do nothing
  ), new_accounts as (
    insert into accounts (provider_id, org_name, plan_id, fields)
    select $1, 'Quay', (select id from plans where provider_id = $1 and kind = 'account_plan'), $2
    from generate_series(1, 120)
    returning id
  ), new_users as (
    insert into users (provider_id, account_id, username, fields)
    select $1, id, 'user ' || id, $2 from new_accounts
  )
  insert into applications (provider_id, account_id, product_id, plan_id, user_key, application_id,
    provider_verification_key, fields)
  select $1, account.id, plan.product_id, plan.id, account.id, account.id, account.id, $2
  from new_accounts as account, (select * from plans where provider_id = $1 and kind = 'application_plan' limit 1) as plan`;

/** The longest turn takes 2 to 6 % of all processor time, and 12 to 23 % where a list is rendered in one. */
const shareMax = 0.08;

test("other requests are served while lists of long objects are rendered", async ({
  sharedPool,
  site: { http, authorization, providerId },
}) => {
  const fields = { note: "<é> &long; ".repeat(textLimits.fields.max / 11) };
  await sharedPool.query(insertLongObjects, [providerId, fields]);

  const shares: Record<string, number> = {};
  for (const list of ["applications", "accounts"]) {
    for (const format of ["xml", "json"]) {
      const url = `${http.listeningOrigin}/admin/api/${list}.${format}`;
      const read = async (): Promise<void> => {
        const { status, body } = await fetch(url, { headers: { authorization } });
        let size = 0;
        for await (const chunk of body ?? []) size += chunk.length;
        expect([url, status, size > 120 * textLimits.fields.max]).toEqual([url, 200, true]);
      };
      // A collection of garbage may fall into any turn, and more rows of the database on a busy machine, so the best of 20 counts.
      for (let tries = 0; tries < 20 && (shares[url] ?? 1) > shareMax; tries += 1) {
        shares[url] = await longestTurnShareOf(read);
      }
    }
  }
  expect(Object.entries(shares).filter(([, share]) => share > shareMax)).toEqual([]);
});
