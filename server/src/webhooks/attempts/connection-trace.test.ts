import { once } from "node:events";
import { createServer as createTlsServer } from "node:https";
import { type Socket, createServer } from "node:net";
import { expect, test } from "vitest";
import type { Lookup } from "#platform/network/target-guard.ts";
import type { AttemptOutcome, AttemptTrace } from "#webhooks/deliveries/index.ts";
import { buildAttempt, buildSender, withMoreTime } from "../../../test/support/build-attempts.ts";
import { type IssuedCertificate, buildAuthority } from "../../../test/support/build-certificates.ts";
import { startRawReceiver } from "../../../test/support/raw-receiver.ts";
import { startReceiver } from "../../../test/support/receiver.ts";

const authority = buildAuthority();
const host = "receiver.example";
const toLoopback: Lookup = async () => [{ address: "127.0.0.1", family: 4 }];
const named = (url: string): string => url.replace("127.0.0.1", host);

function traceIn(outcome: AttemptOutcome): AttemptTrace {
  const { trace } = outcome;
  if (!trace) throw new Error("The outcome has no trace.");
  return trace;
}

const sumOf = ({ queued = 0, dns = 0, connect = 0, tls = 0, firstByte = 0, body = 0 }: AttemptTrace): number =>
  queued + dns + connect + tls + firstByte + body;

async function startTlsReceiver(certificate: IssuedCertificate): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createTlsServer(certificate, (_request, response) => response.end("thanks"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `https://${host}:${port}/hook`,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

test("the trace of a new TLS connection contains address, version, certificate and phases that add up to the latency", async () => {
  await using receiver = await startTlsReceiver(authority.issue({ names: [host] }));
  await using sender = buildSender({ lookup: toLoopback, caPem: authority.caPem });
  const outcome = await sender.send(buildAttempt({ url: receiver.url }));
  const trace = traceIn(outcome);
  expect(trace).toMatchObject({ connection: "new", address: "127.0.0.1", tlsVersion: "TLSv1.3" });
  expect(Object.values(trace)).not.toContain(undefined);
  expect(trace.tls).toBeGreaterThan(0);
  expect(Math.round(sumOf(trace) / 1000)).toBe(outcome.latencyMs);
  const daysLeft = ((trace.certificateExpiresAt ?? 0) - Date.now() / 1000) / 86_400;
  expect(daysLeft).toBeCloseTo(1, 2);
});

test("a reused connection has no connect phases, and keeps its address and certificate", async () => {
  await using receiver = await startTlsReceiver(authority.issue({ names: [host] }));
  await using sender = buildSender({ lookup: toLoopback, caPem: authority.caPem, connectionsMax: 1 });
  const first = traceIn(await sender.send(buildAttempt({ url: receiver.url })));
  const second = traceIn(await sender.send(buildAttempt({ url: receiver.url })));
  expect(second).toMatchObject({
    connection: "reused",
    dns: undefined,
    connect: undefined,
    tls: undefined,
    address: first.address,
    tlsVersion: first.tlsVersion,
    certificateExpiresAt: first.certificateExpiresAt,
    answerBytes: first.answerBytes,
  });
});

test("a resumed TLS session still shows the certificate", async () => {
  await using receiver = await startTlsReceiver(authority.issue({ names: [host] }));
  await using sender = buildSender({ lookup: toLoopback, caPem: authority.caPem });
  await sender.send(buildAttempt({ url: receiver.url }));
  const traces = await Promise.all(
    Array.from({ length: 4 }, async () => traceIn(await sender.send(buildAttempt({ url: receiver.url })))),
  );
  expect(traces.some(({ connection }) => connection === "new")).toBe(true);
  expect(traces.filter((trace) => trace.certificateExpiresAt === undefined)).toEqual([]);
});

test("the certificate of a refused connection is read, and the attempt ends in the TLS phase", async () => {
  await using receiver = await startTlsReceiver(authority.issue({ names: [host], expired: true }));
  await using sender = buildSender({ lookup: toLoopback, caPem: authority.caPem });
  const outcome = await sender.send(buildAttempt({ url: receiver.url }));
  expect(outcome).toMatchObject({ kind: "unreachable", code: "CERT_HAS_EXPIRED" });
  const trace = traceIn(outcome);
  expect(trace).toMatchObject({ connection: "none", firstByte: undefined, answerBytes: 0 });
  expect(trace.certificateExpiresAt).toBeLessThan(Date.now() / 1000);
  expect(trace.tls).toBeGreaterThan(0);
});

/** Overwrites the expiry of a certificate. Its signature is then wrong. */
function withExpiry({ cert, key }: IssuedCertificate, time: string): IssuedCertificate {
  const bytes = Buffer.from(cert.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  const [, expiry] = bytes.toString("latin1").matchAll(/\d{14}Z/g);
  if (!expiry) throw new Error("The certificate has no expiry.");
  bytes.write(time, expiry.index, "latin1");
  return { cert: `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64")}\n-----END CERTIFICATE-----\n`, key };
}

test.each([
  ["19500101000000Z", 1],
  ["XXXXXXXXXXXXXXX", undefined],
])("the expiry %s of a hostile receiver's certificate becomes %j", async (time, expected) => {
  await using receiver = await startTlsReceiver(withExpiry(authority.issue({ names: [host] }), time));
  await using sender = buildSender({ lookup: toLoopback, caPem: authority.caPem });
  const outcome = await sender.send(buildAttempt({ url: receiver.url }));
  expect(outcome.kind).toBe("unreachable");
  expect(traceIn(outcome)).toMatchObject({ tlsVersion: "TLSv1.3", certificateExpiresAt: expected });
});

/** Accepts connections and does nothing. */
async function startSilentReceiver(): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => socket.destroy())));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no port.");
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Returns the phases that consumed more than half of an attempt's time, if possible the expected one alone. */
const longPhases = (expected: string, url: string, lookup: Lookup): Promise<readonly string[]> =>
  withMoreTime(
    async (timeoutSeconds) => {
      await using sender = buildSender({ lookup });
      const outcome = await sender.send(buildAttempt({ url, timeoutSeconds }));
      expect(outcome.kind).toBe("timed-out");
      const trace = traceIn(outcome);
      expect(Math.round(sumOf(trace) / 1000)).toBe(outcome.latencyMs);
      const { certificateExpiresAt: _, ...times } = trace;
      return Object.entries(times).flatMap(([name, value]) => (Number(value) > timeoutSeconds * 500_000 ? [name] : []));
    },
    (phases) => phases.join() === expected,
  );

test("a timed-out attempt ends in the phase that consumed its time", async () => {
  await using silent = await startSilentReceiver();
  const never: Lookup = () => new Promise(() => {});
  await using dripping = await startRawReceiver((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nno end"));
  const cases = [
    ["dns", `http://${host}/`, never],
    ["tls", `https://${host}:${silent.port}/`, toLoopback],
    ["firstByte", `http://${host}:${silent.port}/`, toLoopback],
    ["body", dripping.url, toLoopback],
  ] as const;
  const found = await Promise.all(cases.map(([phase, url, lookup]) => longPhases(phase, url, lookup)));
  expect(found).toEqual(cases.map(([phase]) => [phase]));
});

test("waiting for a free connection counts as queued time", async () => {
  await using receiver = await startReceiver("hang");
  await using sender = buildSender({ connectionsMax: 1 });
  const first = sender.send(buildAttempt({ url: receiver.url, timeoutSeconds: 60 }));
  const second = traceIn(await sender.send(buildAttempt({ url: receiver.url, timeoutSeconds: 0.2 })));
  expect(second).toMatchObject({ connection: "none", connect: undefined, firstByte: undefined });
  expect(second.queued).toBeGreaterThan(150_000);
  await receiver[Symbol.asyncDispose]();
  await first;
});

test("a refused connection names the address and ends in the connect phase", async () => {
  const receiver = await startReceiver();
  await receiver[Symbol.asyncDispose]();
  await using sender = buildSender({ lookup: toLoopback });
  const trace = traceIn(await sender.send(buildAttempt({ url: named(receiver.url) })));
  expect(trace).toMatchObject({ connection: "none", address: "127.0.0.1", firstByte: undefined });
  expect(trace.connect).toBeGreaterThan(0);
});

test("a trace contains a forbidden address only if addresses are not hidden from tenants", async () => {
  const lookup: Lookup = async () => [{ address: "10.1.2.3", family: 4 }];
  const addressWith = async (hideAddress?: () => void): Promise<string | undefined> => {
    await using sender = buildSender({ lookup, ...(hideAddress && { hideAddress }) });
    return traceIn(await sender.send(buildAttempt({ url: `http://${host}/` }))).address;
  };
  expect(await addressWith()).toBe("10.1.2.3");
  expect(await addressWith(() => {})).toBeUndefined();
});

test("a trace hides an allowed address of the operator's network from tenants", async () => {
  await using receiver = await startReceiver();
  await using sender = buildSender({ lookup: toLoopback, hideAddress: () => {} });
  const outcome = await sender.send(buildAttempt({ url: named(receiver.url) }));
  expect(outcome).toMatchObject({ kind: "answered", trace: { connection: "new", address: undefined } });
});

test("the response bytes include status line, headers and body, also on a reused connection", async () => {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nthanks";
  await using receiver = await startRawReceiver((socket) => {
    socket.write(answer);
    socket.on("data", () => socket.write(answer));
  });
  await using sender = buildSender({ connectionsMax: 1 });
  const bytes: number[] = [];
  for (const _ of [1, 2]) bytes.push(traceIn(await sender.send(buildAttempt({ url: receiver.url }))).answerBytes);
  expect(bytes).toEqual([answer.length, answer.length]);
});
