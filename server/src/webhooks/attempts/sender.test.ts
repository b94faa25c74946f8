import type { ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Lookup } from "#platform/network/target-guard.ts";
import { buildAttempt, buildSender, testSecret } from "../../../test/support/build-attempts.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { startReceiver } from "../../../test/support/receiver.ts";
import { verifySignature } from "./signature.ts";

test("a request contains the unchanged body, a valid signature and headers that describe event and attempt", async () => {
  await using receiver = await startReceiver();
  await using sender = buildSender();
  const body = Buffer.from('<?xml version="1.0"?>\n<org_name>Ä</org_name>\n');
  const outcome = await sender.send(
    buildAttempt({ url: `${receiver.url}?key=a%2Fb&c`, body, attempt: 3, headers: { "X-Tenant": "acme" } }),
  );

  expect(outcome).toMatchObject({ kind: "answered", status: 200 });
  const [request] = receiver.received;
  expect(request?.path).toBe("/hook?key=a%2Fb&c");
  expect(request?.body).toBe(body.toString());
  const { host, "webhook-signature": signature, ...headers } = request?.headers ?? {};
  expect(host).toBe(new URL(receiver.url).host);
  expect(headers).toEqual({
    connection: "keep-alive",
    "content-length": String(body.length),
    "content-type": "application/xml",
    "user-agent": "Bellwire/test",
    "webhook-id": "019b2c1e-8694-739b-aea5-966c26f8ad91",
    "webhook-timestamp": "1770091507",
    "bellwire-attempt": "3",
    "bellwire-event-type": "account.created",
    "bellwire-event-time": "2026-02-03T04:05:06.789Z",
    "bellwire-sequence": "7",
    "bellwire-actor": "developer:21",
    "bellwire-channel": "developer_portal",
    "x-tenant": "acme",
  });
  const content = { id: "019b2c1e-8694-739b-aea5-966c26f8ad91", timestamp: "1770091507", body };
  expect(verifySignature(content, String(signature), [testSecret])).toBe(true);
});

test.each([
  ["?filter='a'", "?filter='a'"],
  [`?a="b"&c=<d>|{e}\\^\``, `?a="b"&c=<d>|{e}\\^\``],
  ["?", "?"],
  ["?a?b=%zz%2f&&", "?a?b=%zz%2f&&"],
  ["?#fragment?not-a-query", "?"],
  ["#fragment?not-a-query", ""],
  ["?name=Åse and 😀 \ud800", "?name=%C3%85se%20and%20%F0%9F%98%80%20%EF%BF%BD"],
  ["?a\r\n\tb\0\x7f ", "?ab%00%7F"],
])("the query %j is sent as %j, changed only where a request line requires it", async (query, sent) => {
  await using receiver = await startReceiver();
  await using sender = buildSender();
  expect(await sender.send(buildAttempt({ url: receiver.url + query }))).toMatchObject({ status: 200 });
  expect(receiver.received.map(({ path }) => path)).toEqual([`/hook${sent}`]);
});

test("headers mark a replay and a test event", async () => {
  await using receiver = await startReceiver();
  await using sender = buildSender();
  await sender.send(buildAttempt({ url: receiver.url, replay: 2, test: true }));
  expect(receiver.received[0]?.headers).toMatchObject({ "bellwire-replay": "2", "bellwire-test": "true" });
});

test("custom headers of an endpoint cannot override Bellwire's headers", async () => {
  await using receiver = await startReceiver();
  await using sender = buildSender();
  const forged = { "Webhook-Id": "forged", "bellwire-actor": "admin:1", Host: "example.com", "Content-Length": "1" };
  await sender.send(buildAttempt({ url: receiver.url, headers: { ...forged, Authorization: "Bearer 1" } }));
  expect(receiver.received[0]?.headers).toMatchObject({
    host: new URL(receiver.url).host,
    "webhook-id": "019b2c1e-8694-739b-aea5-966c26f8ad91",
    "bellwire-actor": "developer:21",
    authorization: "Bearer 1",
  });
});

test("user and password of the URL are sent as HTTP Basic, unless the endpoint sets an authorization header", async () => {
  await using receiver = await startReceiver();
  await using sender = buildSender();
  const url = receiver.url.replace("http://", "http://us%40er:p%zz@");
  await sender.send(buildAttempt({ url }));
  await sender.send(buildAttempt({ url, headers: { authorization: "Bearer 1" } }));
  await sender.send(buildAttempt({ url: receiver.url.replace("http://", "http://:secret@") }));
  const [basic, passwordOnly] = ["us@er:p%zz", ":secret"].map(
    (text) => `Basic ${Buffer.from(text).toString("base64")}`,
  );
  expect(receiver.received.map(({ headers }) => headers.authorization)).toEqual([basic, "Bearer 1", passwordOnly]);
});

test("requests to one origin reuse open connections", async () => {
  const ports = new Set<number | undefined>();
  await using receiver = await startReceiver((answer) => {
    ports.add(answer.socket?.remotePort);
    answer.end();
  });
  await using sender = buildSender();
  for (let n = 0; n < 10; n += 1) {
    expect(await sender.send(buildAttempt({ url: receiver.url }))).toMatchObject({ status: 200 });
  }
  // Two, because undici leaves a connection unused for one turn of the event loop.
  expect(ports.size).toBeLessThanOrEqual(2);
});

test("connections to one origin are limited, and further requests wait for a free one", async () => {
  const open: ServerResponse[] = [];
  const openCounts: number[] = [];
  const answerAll = async (): Promise<void> => {
    for (let turn = 0; turn < 30; turn += 1) await nextTurn(); // others would arrive within these
    openCounts.push(open.length);
    for (const one of open.splice(0)) one.end();
  };
  await using receiver = await startReceiver((answer) => {
    if (open.push(answer) === 3) void answerAll();
  });
  await using sender = buildSender({ connectionsMax: 3 });
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, () => sender.send(buildAttempt({ url: receiver.url }))),
  );
  expect(outcomes.every((outcome) => outcome.kind === "answered" && outcome.status === 200)).toBe(true);
  expect(openCounts).toEqual([3, 3, 3, 3]);
});

test("more origins than the limit of open origins are all reached", async () => {
  await using one = await startReceiver();
  await using other = await startReceiver();
  await using sender = buildSender({ originsMax: 1 });
  const urls = [one.url, other.url, one.url, other.url];
  const outcomes = await Promise.all(urls.map((url) => sender.send(buildAttempt({ url }))));
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(urls.map(() => "answered"));
});

test.each(["nonsense", "ftp://127.0.0.1/", "http://", "file:///etc/passwd"])(
  "an attempt to the invalid URL %s fails without an exception",
  async (url) => {
    await using sender = buildSender();
    expect(await sender.send(buildAttempt({ url }))).toMatchObject({ kind: "unreachable", code: "ERR_INVALID_URL" });
  },
);

test("within a second after a failed look-up, attempts fail with the same outcome without another look-up", async () => {
  let lookups = 0;
  const lookup = (): Promise<never> => {
    lookups += 1;
    return Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }));
  };
  const clock = new HandDrivenClock();
  await using sender = buildSender({ clock, lookup });
  const attempt = buildAttempt({ url: "http://nowhere.example/" });
  const outcome = await sender.send(attempt);
  await sender.resolve(attempt.url);
  const before = lookups;

  const outcomes = [await sender.send(attempt), await sender.send(attempt)];
  const within = lookups;
  await clock.advance(1000);
  await sender.send(attempt);

  expect(outcome).toMatchObject({ kind: "unreachable", code: "ENOTFOUND" });
  expect(outcomes).toEqual([outcome, outcome]);
  expect([within - before, lookups - before]).toEqual([0, 1]);
});

test("an attempt is made within a second after a failed look-up if the next one has found the name", async () => {
  await using receiver = await startReceiver();
  const answers = [[], [{ address: "127.0.0.1", family: 4 } as const]];
  await using sender = buildSender({ clock: new HandDrivenClock(), lookup: async () => answers.shift() ?? [] });
  const attempt = buildAttempt({ url: receiver.url.replace("127.0.0.1", "receiver.example") });
  await sender.resolve(attempt.url);
  await sender.resolve(attempt.url);
  answers.push([{ address: "127.0.0.1", family: 4 }]);
  expect(await sender.send(attempt)).toMatchObject({ kind: "answered", status: 200 });
});

test.each(["http://127.0.0.1/", "http://[::1]/", "nonsense"])("no name is resolved for %s", async (url) => {
  await using sender = buildSender();
  expect(sender.resolve(url)).toBe(undefined);
});

test("an open connection is reused although its name no longer resolves", async () => {
  await using receiver = await startReceiver();
  let isKnown = true;
  const lookup: Lookup = () =>
    isKnown
      ? Promise.resolve([{ address: "127.0.0.1", family: 4 }])
      : Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }));
  await using sender = buildSender({ lookup });
  const attempt = buildAttempt({ url: receiver.url.replace("127.0.0.1", "receiver.example") });
  await sender.send(attempt);
  isKnown = false;
  await sender.resolve(attempt.url);
  await nextTurn(); // undici leaves a connection unused for one turn

  expect(await sender.send(attempt)).toMatchObject({ kind: "answered", status: 200 });
});
