import { expect } from "vitest";
import { setUp } from "../portal/portal-fixture.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test as base } from "../support/test.ts";

/** Times that Date accepts and PostgreSQL does not, because the year is not between 1 and 9999; some only because of their zone. */
const beyond = ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"];
/** The earliest and the latest time, which programs use for "always" and "never". */
const outermost = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"];

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Sends requests with the token of one provider. */
const test = base.extend("send", { scope: "file" }, async ({ sharedPool }, { onCleanup }) => {
  const { accessToken } = await setUp(sharedPool);
  const server = await openWebServer(sharedPool);
  onCleanup(() => server[Symbol.asyncDispose]());
  const headers = { authorization: `Bearer ${accessToken}` };
  return (method: Method, url: string, payload?: object) =>
    server.http.inject({ method, url, headers, ...(payload ? { payload } : {}) });
});

type TimedRequest = (time: string) => readonly [method: Method, url: string, payload?: object];

const encoded = encodeURIComponent;
const requests: readonly (readonly [name: string, status: number, request: TimedRequest])[] = [
  ["events since", 422, (time) => ["GET", `/api/v1/events?since=${encoded(time)}`]],
  ["events until", 422, (time) => ["GET", `/api/v1/events?until=${encoded(time)}`]],
  ["events since, followed", 422, (time) => ["GET", `/api/v1/events?order=oldest&since=${encoded(time)}`]],
  ["deliveries since", 422, (time) => ["GET", `/api/v1/deliveries?since=${encoded(time)}`]],
  ["deliveries until", 422, (time) => ["GET", `/api/v1/deliveries?until=${encoded(time)}`]],
  ["failures until", 422, (time) => ["GET", `/api/v1/failures?until=${encoded(time)}`]],
  ["failures deleted until", 422, (time) => ["DELETE", `/api/v1/failures?until=${encoded(time)}`]],
  ["failures retried until", 422, (time) => ["POST", "/api/v1/failures/retry", { until: time }]],
  ["3scale's failures until", 400, (time) => ["DELETE", `/admin/api/webhooks/failures.json?time=${encoded(time)}`]],
  ["applications active since", 400, (time) => ["GET", `/admin/api/applications.json?active_since=${encoded(time)}`]],
  [
    "applications inactive since",
    400,
    (time) => ["GET", `/admin/api/applications.json?inactive_since=${encoded(time)}`],
  ],
];

test.for(requests)("an out-of-range time is rejected with a message: %s", async ([, status, request], { send }) => {
  await send("PUT", "/admin/api/webhooks.json", { url: "http://127.0.0.1/", active: true });
  for (const time of beyond) {
    const { statusCode, body } = await send(...request(time));
    expect([time, statusCode]).toEqual([time, status]);
    expect(body).toMatch(/is not a time|is neither a time|invalid time/);
  }
  for (const time of outermost) {
    expect([time, (await send(...request(time))).statusCode]).toEqual([time, 200]);
  }
});

test("an out-of-range time of a stored field is rejected at the field", async ({ send }) => {
  const { account } = (await send("POST", "/admin/api/signup.json", { org_name: "Quay", username: "quay" })).json();
  const path = `/admin/api/accounts/${account.id}/applications`;
  const [{ application }] = (await send("GET", `${path}.json`)).json().applications;
  const { id } = (await send("POST", "/api/v1/endpoints", { name: "crm", url: "http://127.0.0.1/" })).json();
  const token = { name: "ci", permission: "ro", scopes: ["account_management"] };

  for (const time of beyond) {
    for (const [field, answer] of [
      ["expires_at", await send("POST", "/admin/api/personal/access_tokens.json", { ...token, expires_at: time })],
      ["first_traffic_at", await send("PUT", `${path}/${application.id}.json`, { first_traffic_at: time })],
      ["since", await send("POST", "/api/v1/replays", { endpoint_id: id, since: time, only: "all" })],
    ] as const) {
      expect([time, answer.statusCode, Object.keys(answer.json().errors)]).toEqual([time, 422, [field]]);
    }
  }
  const [first] = outermost;
  const unchanged = await send("PUT", `${path}/${application.id}.json`, { first_traffic_at: first });
  expect(unchanged.json().application.first_traffic_at).toBe(first);
});
