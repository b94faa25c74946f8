import type { Socket } from "node:net";
import { expect, test } from "vitest";
import type { Lookup } from "#platform/network/target-guard.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import {
  type TestSenderOptions,
  buildAttempt,
  buildSender,
  withMoreTime,
} from "../../../test/support/build-attempts.ts";
import { startRawReceiver } from "../../../test/support/raw-receiver.ts";
import { type Answer, startReceiver } from "../../../test/support/receiver.ts";
import { until } from "../../../test/support/until.ts";
import { outcomeOfError } from "./exchange.ts";

const text = (body: Uint8Array): string => Buffer.from(body).toString();

async function outcomeFrom(answer: (socket: Socket) => void, timeoutSeconds = 5) {
  await using receiver = await startRawReceiver(answer);
  await using sender = buildSender();
  const outcome = await sender.send(buildAttempt({ url: receiver.url, timeoutSeconds }));
  return { outcome, port: receiver.port };
}

/** Writes chunks until the socket is closed. */
function flood(socket: Socket, chunk: Buffer): void {
  while (!socket.destroyed && socket.write(chunk));
  socket.once("drain", () => flood(socket, chunk));
}

test("a redirect is an outcome of its own and is not followed", async () => {
  await using elsewhere = await startReceiver();
  await using receiver = await startReceiver((answer) =>
    answer.writeHead(307, { location: elsewhere.url }).end("moved"),
  );
  await using sender = buildSender();
  const outcome = await sender.send(buildAttempt({ url: receiver.url }));
  expect(outcome).toMatchObject({ kind: "answered", status: 307, headers: { location: elsewhere.url } });
  expect(elsewhere.received).toEqual([]);
});

test("the outcome contains the response's status, body and headers, with repeated headers joined", async () => {
  const { outcome } = await outcomeFrom((socket) => {
    socket.end(
      "HTTP/1.1 500 Oops\r\nX-Trace: a\r\nX-Trace: b\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "6\r\nno\ntha\r\n3\r\nnks\r\n0\r\n\r\n",
    );
  });
  expect(outcome).toMatchObject({ kind: "answered", status: 500, headers: { "x-trace": "a, b" } });
  expect(outcome.kind === "answered" && text(outcome.body)).toBe("no\nthanks");
});

test("early hints do not count as the response", async () => {
  const { outcome } = await outcomeFrom((socket) => {
    socket.end("HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  });
  expect(outcome).toMatchObject({ kind: "answered", status: 204 });
});

test("a compressed response body is kept undecoded", async () => {
  const { outcome } = await outcomeFrom((socket) => {
    socket.end("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip");
  });
  expect(outcome.kind === "answered" && text(outcome.body)).toBe("not gzip");
});

test("64 KiB of an endless response are kept, and the connection is closed", async () => {
  const closed = Promise.withResolvers<void>();
  await using receiver = await startRawReceiver((socket) => {
    socket.once("close", () => closed.resolve());
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    socket.write(Buffer.alloc(64 * 1024 + 1, "x")); // and no end
  });
  await using sender = buildSender();
  const outcome = await sender.send(buildAttempt({ url: receiver.url }));
  expect(outcome).toMatchObject({ kind: "answered", status: 200, isCut: true });
  expect(outcome.kind === "answered" && outcome.body.byteLength).toBe(64 * 1024);
  await closed.promise;
});

test("a response of exactly 64 KiB is kept completely", async () => {
  const body = "y".repeat(64 * 1024);
  const { outcome } = await outcomeFrom((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  });
  expect(outcome.kind === "answered" && text(outcome.body)).toBe(body);
  expect(outcome).not.toHaveProperty("isCut");
});

test("a request that cannot be written is a bug, which the sender reports", async () => {
  await using sender = buildSender();
  const attempt = buildAttempt({ url: "http://127.0.0.1/", headers: { "x-tenant": "a\nb" } });
  await expect(sender.send(attempt)).rejects.toThrow("invalid x-tenant header");
});

test("headers of more than 16 KiB fail the attempt", async () => {
  const { outcome, port } = await outcomeFrom((socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    flood(socket, Buffer.from("X-More: of the same\r\n".repeat(100)));
  });
  expect(outcome).toMatchObject({
    kind: "unreachable",
    code: "HEADERS_TOO_LONG",
    reason: `127.0.0.1:${port} sent more than 16 KiB of headers.`,
  });
});

/** Returns the outcome of an attempt whose time runs out, and how many times that time it took. */
const timedOutFrom = (answer: (socket: Socket) => void) =>
  withMoreTime(
    async (timeoutSeconds) => {
      const { outcome } = await outcomeFrom(answer, timeoutSeconds);
      expect(outcome).toMatchObject({ kind: "timed-out", afterSeconds: timeoutSeconds });
      return {
        phase: outcome.kind === "timed-out" && outcome.phase,
        isLate: outcome.latencyMs > 5000 * timeoutSeconds,
      };
    },
    ({ phase, isLate }) => phase === "answer" && !isLate,
  );

test("an attempt without a response ends at its timeout", async () => {
  expect(await timedOutFrom(() => {})).toEqual({ phase: "answer", isLate: false });
});

test("a response that arrives byte by byte does not extend the timeout", async () => {
  const drip = (socket: Socket): void => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    const drops = setInterval(() => socket.write("."), 20);
    socket.once("close", () => clearInterval(drops));
  };
  expect(await timedOutFrom(drip)).toEqual({ phase: "answer", isLate: false });
});

test("a request that times out while waiting for a connection is never sent", async () => {
  const held = Promise.withResolvers<void>();
  await using receiver = await startReceiver((response) => void held.promise.then(() => response.end()));
  await using sender = buildSender({ connectionsMax: 1 });
  const first = sender.send(buildAttempt({ url: `${receiver.url}?first`, timeoutSeconds: 60 }));
  const second = sender.send(buildAttempt({ url: `${receiver.url}?second`, timeoutSeconds: 0.2 }));
  expect(await second).toMatchObject({ kind: "timed-out", phase: "connect" });
  held.resolve();
  expect(await first).toMatchObject({ kind: "answered", status: 200 });
  expect(await sender.send(buildAttempt({ url: `${receiver.url}?third` }))).toMatchObject({ status: 200 });
  expect(receiver.received.map(({ path }) => path)).toEqual(["/hook?first", "/hook?third"]);
});

test.each([
  [
    "closes the connection before the response",
    (socket: Socket) => socket.end(),
    "closed the connection before it had answered.",
  ],
  [
    "resets the connection before the response",
    (socket: Socket) => socket.resetAndDestroy(),
    "closed the connection before it had answered.",
  ],
  [
    "closes the connection after early hints",
    (socket: Socket) => socket.end("HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"),
    "closed the connection before it had answered.",
  ],
  [
    "closes the connection within its response",
    (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
    "closed the connection in the middle of its answer.",
  ],
  [
    "resets the connection within its response",
    (socket: Socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", () => socket.resetAndDestroy()),
    "closed the connection in the middle of its answer.",
  ],
  [
    "does not speak HTTP",
    (socket: Socket) => socket.end("220 mail.example.com ESMTP\r\n"),
    "did not answer in HTTP/1.1",
  ],
] as const)("a receiver that %s fails the attempt with a reason", async (_behaviour, answer, reason) => {
  const { outcome, port } = await outcomeFrom((socket) => void answer(socket));
  expect(outcome).toMatchObject({
    kind: "unreachable",
    reason: expect.stringContaining(`127.0.0.1:${port} ${reason}`),
  });
});

test("a request whose mayStart is false once a connection is free is never sent, and is no attempt", async () => {
  await using receiver = await startReceiver();
  await using sender = buildSender();
  const refused = sender.send({ ...buildAttempt({ url: receiver.url }), mayStart: () => false });
  await expect(refused).rejects.toThrow("not made: lease");
  const sent = await sender.send({ ...buildAttempt({ url: receiver.url }), mayStart: () => true });
  expect(sent).toMatchObject({ kind: "answered", status: 200 });
  expect(receiver.received).toHaveLength(1);
});

const failed = { host: "crm.example", connectTimeoutSeconds: 10, isAnswering: false, isSent: false };

test.each([
  ["ENOBUFS", {}, { kind: "not-made", resource: "descriptors" }],
  ["ENOBUFS", { isSent: true }, { kind: "unreachable", code: "ENOBUFS" }],
  ["ETIMEDOUT", { isSent: true }, { kind: "timed-out", phase: "connect" }],
  ["ETIMEDOUT", { isSent: true, isAnswering: true }, { kind: "unreachable", code: "ETIMEDOUT" }],
  ["ETIMEOUT", {}, { kind: "unreachable", isUnusable: true }],
] as const)("the error %s of an exchange in the state %j is classified", (code, state, outcome) => {
  expect(outcomeOfError(Object.assign(new Error("it failed"), { code }), { ...failed, ...state })).toMatchObject(
    outcome,
  );
});

/** Answers the first request of each connection, and leaves later ones to `lose`. */
function closingWhenReused(lose: (socket: Socket) => void): Answer {
  const used = new Set<unknown>();
  return (response) => {
    const { socket } = response;
    if (socket && used.has(socket)) return lose(socket);
    used.add(socket);
    response.end();
  };
}

/** Sends a request on a connection that was used before, and that the receiver closes then. */
async function sendOnClosing(answer: Answer, { lookup, ...changes }: ReusedChanges = {}) {
  await using receiver = await startReceiver(answer);
  await using sender = buildSender({ connectionsMax: 1, ...(lookup ? { lookup } : {}) });
  const url = lookup ? receiver.url.replace("127.0.0.1", "receiver.example") : receiver.url;
  await sender.send(buildAttempt({ url }));
  const outcome = await sender.send(buildAttempt({ url, ...changes }));
  return { outcome, requests: receiver.received.slice(1) };
}

type ReusedChanges = Pick<TestSenderOptions, "lookup"> & Partial<Parameters<typeof buildAttempt>[0]>;

test.each([
  ["closes", (socket: Socket) => socket.end()],
  ["resets", (socket: Socket) => socket.resetAndDestroy()],
] as const)(
  "a request whose reused connection the receiver %s is repeated at once on a new one",
  async (_how, close) => {
    const { outcome, requests } = await sendOnClosing(
      closingWhenReused((socket) => void close(socket)),
      { attempt: 2 },
    );
    expect(outcome).toMatchObject({ kind: "answered", status: 200, trace: { connection: "replaced" } });
    expect(requests).toHaveLength(2);
    expect(requests[1]).toEqual({ ...requests[0], atMs: requests[1]?.atMs });
  },
);

test("a repeated request that is lost too fails the attempt", async () => {
  let answered = 0;
  const { outcome, requests } = await sendOnClosing((response) => {
    answered += 1;
    if (answered === 1) response.end();
    else response.socket?.end();
  });
  expect(outcome).toMatchObject({ kind: "unreachable", code: "UND_ERR_SOCKET", trace: { connection: "replaced" } });
  expect(requests).toHaveLength(2);
});

test("a request is not repeated once a byte of its response is there", async () => {
  const { outcome, requests } = await sendOnClosing(
    closingWhenReused((socket) => socket.end("HTTP/1.1 103 Early Hints\r\n\r\n")),
  );
  expect(outcome).toMatchObject({ kind: "unreachable", code: "UND_ERR_SOCKET", trace: { connection: "reused" } });
  expect(requests).toHaveLength(1);
});

test("a request is not repeated if the receiver had it for a second", async () => {
  const clock = new HandDrivenClock();
  await using receiver = await startReceiver();
  await using sender = buildSender({ connectionsMax: 1, clock });
  await sender.send(buildAttempt({ url: receiver.url }));
  let close: (() => void) | undefined;
  receiver.answer((response) => (close = () => response.socket?.end()));
  const sent = sender.send(buildAttempt({ url: receiver.url }));
  await until(() => close !== undefined);
  await clock.advance(1000);
  close?.();
  expect(await sent).toMatchObject({ kind: "unreachable", code: "UND_ERR_SOCKET", trace: { connection: "reused" } });
  expect(receiver.received).toHaveLength(2);
});

test("a request without an idempotency key is not repeated", async () => {
  await using receiver = await startReceiver(closingWhenReused((socket) => socket.end()));
  await using sender = buildSender({ connectionsMax: 1 });
  const given = { url: receiver.url, method: "POST", headers: [], body: Buffer.from("a"), timeoutSeconds: 5 };
  expect(await sender.sendGiven(given)).toMatchObject({ kind: "answered" });
  expect(await sender.sendGiven(given)).toMatchObject({ kind: "unreachable", code: "UND_ERR_SOCKET" });
  expect(receiver.received).toHaveLength(2);
});

test.each([
  ["is refused", () => Promise.resolve([{ address: "127.0.0.2", family: 4 }] as const), { code: "ECONNREFUSED" }],
  ["takes too long to find", () => new Promise<never>(() => undefined), { kind: "timed-out", phase: "connect" }],
] as const)("a repeat whose connection %s has no phases of the lost request", async (_how, lookUpAgain, expected) => {
  let lookups = 0;
  const lookup: Lookup = () => {
    lookups += 1;
    return lookups === 1 ? Promise.resolve([{ address: "127.0.0.1", family: 4 }]) : lookUpAgain();
  };
  const { outcome } = await sendOnClosing(
    closingWhenReused((socket) => socket.end()),
    { lookup, timeoutSeconds: 1 },
  );
  const trace: unknown = expect.objectContaining({
    connection: "replaced",
    dns: expect.any(Number),
    firstByte: undefined,
  });
  expect(outcome).toMatchObject({ ...expected, trace });
});

test("a request is repeated only at a permitted address", async () => {
  const answers = ["127.0.0.1", "10.0.0.5"];
  const lookup: Lookup = () => Promise.resolve([{ address: answers.shift() ?? "", family: 4 }]);
  const { outcome, requests } = await sendOnClosing(
    closingWhenReused((socket) => socket.end()),
    { lookup },
  );
  expect(outcome).toMatchObject({ kind: "forbidden-target", address: "10.0.0.5", trace: { connection: "replaced" } });
  expect(requests).toHaveLength(1);
});

test("a repeat is within the time limit of its attempt", async () => {
  const repeated = await withMoreTime(
    async (timeoutSeconds) => {
      const closesAfterMs = Math.min(600 * timeoutSeconds, 800);
      let answered = 0;
      const { outcome, requests } = await sendOnClosing(
        (response) => {
          answered += 1;
          if (answered === 1) response.end();
          else if (answered === 2) setTimeout(() => response.socket?.end(), closesAfterMs);
        },
        { timeoutSeconds },
      );
      return {
        outcome,
        requests: requests.length,
        isLate: outcome.latencyMs > timeoutSeconds * 1000 + closesAfterMs / 2,
      };
    },
    ({ requests, isLate }) => requests === 2 && !isLate,
  );
  expect(repeated).toMatchObject({
    outcome: { kind: "timed-out", phase: "answer", trace: { connection: "replaced" } },
    requests: 2,
    isLate: false,
  });
});

test("an attempt whose lease ends before its repeat fails with the first outcome", async () => {
  const allowed = [true, false];
  const { outcome, requests } = await sendOnClosing(
    closingWhenReused((socket) => socket.end()),
    { mayStart: () => allowed.shift() ?? false },
  );
  expect(outcome).toMatchObject({ kind: "unreachable", code: "UND_ERR_SOCKET", trace: { connection: "replaced" } });
  expect(requests).toHaveLength(1);
});
