import { Socket } from "node:net";
import { expect, test } from "vitest";
import { systemClock } from "#platform/clock.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { buildAttempt, buildSender } from "../../../test/support/build-attempts.ts";
import { hostileAnswers } from "../../../test/support/hostile-answers.ts";
import { startRawReceiver } from "../../../test/support/raw-receiver.ts";
import { answerLimits, limitAnswers, UnusableAnswerError } from "./answer-limits.ts";
import { CurrentRequest } from "./connection-trace.ts";
import { guardedConnector } from "./connector.ts";
import { Exchange } from "./exchange.ts";
import { ReceiverPools } from "./sender.ts";

/** Bytes that a socket may have received when the limit is noticed: its buffer and one more read. */
const readAheadBytes = 128 * 1024;

interface Attempted {
  readonly outcome: AttemptOutcome;
  readonly bytesRead: number;
  /** Bytes that undici was given after the connection had ended. It creates an error for each header beyond its limit. */
  readonly bytesAfterEnd: number;
}

/** Makes one attempt as the sender does, and counts the bytes that were read for it. */
async function attempt(answer: (socket: Socket) => void): Promise<Attempted> {
  await using receiver = await startRawReceiver(answer);
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const current = new CurrentRequest();
  const connect = guardedConnector({
    clock: systemClock,
    current,
    allowed,
    lookup: () => Promise.reject(),
    connectTimeoutMs: 5000,
  });
  let bytesRead = 0;
  let bytesAfterEnd = 0;
  const countAfterEnd = (socket: Socket): void => {
    const read = socket.read.bind(socket);
    socket.read = (size?: number): unknown => {
      const hasEnded = socket.destroyed;
      const piece: unknown = read(size);
      if (hasEnded && Buffer.isBuffer(piece)) bytesAfterEnd += piece.length;
      return piece;
    };
  };
  await using pools = new ReceiverPools({
    connector: (target, callback) =>
      connect(target, (...opened) => {
        opened[1]?.once("close", () => (bytesRead = opened[1]?.bytesRead ?? 0));
        if (opened[1]) countAfterEnd(opened[1]);
        callback(...opened);
      }),
    connectionsMax: 1,
    originsMax: 1,
  });
  const { origin, host } = new URL(receiver.url);
  const exchange = new Exchange({ clock: systemClock, host, timeoutSeconds: 20, connectTimeoutSeconds: 5, current });
  pools.poolOf(origin).dispatch({ method: "POST", path: "/hook", body: Buffer.from("<account/>") }, exchange);
  const outcome = await exchange.outcome;
  if (outcome.kind === "not-made") throw new Error(`The attempt was not made: ${outcome.code}`);
  await pools[Symbol.asyncDispose]();
  return { outcome, bytesRead, bytesAfterEnd };
}

test.each(hostileAnswers)(
  "$name ends the attempt as $endsAs, with a bounded number of bytes read and none after its end",
  async ({ answer, endsAs }) => {
    const { outcome, bytesRead, bytesAfterEnd } = await attempt(answer);
    expect(outcome).toMatchObject(
      typeof endsAs === "number"
        ? { kind: "answered", status: endsAs }
        : {
            kind: "unreachable",
            reason: endsAs instanceof RegExp ? expect.stringMatching(endsAs) : expect.stringContaining(endsAs),
          },
    );
    if (outcome.kind === "answered") expect(outcome.body.byteLength).toBeLessThanOrEqual(answerLimits.keptBodyBytes);
    expect(bytesRead).toBeLessThanOrEqual(answerLimits.totalBytes + readAheadBytes);
    expect(bytesAfterEnd).toBe(0);
  },
);

/** Reads an answer that arrives in these pieces. Returns its bytes, or the code of the limit that it exceeds. */
function readLimited(pieces: readonly string[], handshakeMessages = 0): number | string {
  const left = pieces.map((piece) => Buffer.from(piece));
  const socket = Object.assign(new Socket(), { read: () => left.shift() ?? null }).on("error", () => undefined);
  limitAnswers(socket, { writing: () => undefined, answerBytes: 0 });
  for (let message = 0; message < handshakeMessages; message += 1) socket.emit("session", Buffer.alloc(0));
  let bytes = 0;
  for (let piece: unknown; Buffer.isBuffer((piece = socket.read()));) bytes += piece.length;
  return socket.errored instanceof UnusableAnswerError ? socket.errored.code : bytes;
}

const ok = "HTTP/1.1 200 OK\r\n\r\n";
const bodyOf = (bytes: number): string => "x".repeat(bytes);
const withHead = (bytes: number): string => `HTTP/1.1 200 OK\r\nX: ${bodyOf(bytes - 20)}\r\n\r\n${bodyOf(2000)}`;
const interims = (count: number): string => "HTTP/1.1 100 Continue\r\n\r\n".repeat(count) + ok;

test.each([
  ["200 reads", [ok, ...bodyOf(199).split("")], 0, 218],
  ["201 reads", [ok, ...bodyOf(200).split("")], 0, "ANSWER_IN_PIECES"],
  ["128 KiB", [ok, bodyOf(131_072 - ok.length)], 0, 131_072],
  ["128 KiB and a byte", [ok, bodyOf(131_073 - ok.length)], 0, "ANSWER_TOO_LONG"],
  ["16 KiB of headers", [withHead(16_384)], 0, 18_388],
  ["16 KiB of headers and a byte", [withHead(16_385)], 0, "HEADERS_TOO_LONG"],
  ["32 interim responses", [interims(32)], 0, ok.length],
  ["33 interim responses", [interims(33)], 0, "INTERIM_ANSWERS"],
  ["32 messages of a TLS handshake", [ok], 32, ok.length],
  ["33 messages of a TLS handshake", [ok], 33, "HANDSHAKE_MESSAGES"],
] as const)("the limits of a response are exact: %s", (_limit, pieces, handshakeMessages, expected) => {
  expect(readLimited(pieces, handshakeMessages)).toBe(expected);
});

test("interim responses do not count against the response limit, regardless of how the bytes are split", async () => {
  const body = "x".repeat(20_000);
  const interim =
    "HTTP/1.1 100 Continue\r\n\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\nHTTP/1.0 103 Hints\r\nX: 1\r\n\r\n";
  const head = `${interim}HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
  let at = 0;
  await using receiver = await startRawReceiver((socket) => {
    const start = head.slice(0, (at += 1));
    const rest = (): void => void socket.write(head.slice(start.length) + body);
    // The sender reads the start in the turn after its write.
    socket.setNoDelay(true).write(start, () => setImmediate(() => setImmediate(rest)));
  });
  await using sender = buildSender({ connectionsMax: head.length });
  const attempts = Array.from({ length: head.length }, () => sender.send(buildAttempt({ url: receiver.url })));
  for (const outcome of await Promise.all(attempts))
    expect(outcome.kind === "answered" && Buffer.from(outcome.body).toString()).toBe(body);
  expect(at).toBe(head.length);
});

test("response limits apply to each request of a connection separately", async () => {
  const answer = `${"HTTP/1.1 100 Continue\r\n\r\n".repeat(20)}HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n${"x".repeat(30_000)}`;
  await using receiver = await startRawReceiver((socket) => {
    socket.write(answer);
    socket.on("data", () => socket.write(answer));
  });
  await using sender = buildSender({ connectionsMax: 1 });
  for (let number = 0; number < 12; number += 1) {
    expect(await sender.send(buildAttempt({ url: receiver.url }))).toMatchObject({ kind: "answered", status: 200 });
  }
  expect(receiver.connections).toBe(1);
});
