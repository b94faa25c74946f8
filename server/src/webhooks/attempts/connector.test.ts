import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer as createProxy } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, type Server, connect } from "node:net";
import tls, { type TlsOptions, createServer as createSecureServer } from "node:tls";
import { expect, test } from "vitest";
import { systemClock } from "#platform/clock.ts";
import { NameResolver } from "#platform/network/name-resolver.ts";
import { type Lookup, parseAllowedTargets } from "#platform/network/target-guard.ts";
import {
  type TestSenderOptions,
  buildAttempt,
  buildSender,
  withMoreTime,
} from "../../../test/support/build-attempts.ts";
import { type IssuedCertificate, buildAuthority } from "../../../test/support/build-certificates.ts";
import { makeEmptyDataDir } from "../../../test/support/empty-data-dir.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { startNameServer } from "../../../test/support/name-server.ts";
import { startRawReceiver } from "../../../test/support/raw-receiver.ts";
import { until } from "../../../test/support/until.ts";
import { startReceiver } from "../../../test/support/receiver.ts";
import { createSender } from "./sender.ts";

const toLoopback: Lookup = async () => [{ address: "127.0.0.1", family: 4 }];

async function listen(server: Server): Promise<{ readonly port: number } & AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() satisfies AddressInfo | string | null;
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return { port: address.port, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

test.each([
  ["an address", (port: number) => `http://127.0.0.1:${port}/`],
  ["an address in hexadecimal form", (port: number) => `http://0x7f.1:${port}/`],
  ["an IPv4-mapped IPv6 address", (port: number) => `http://[::ffff:127.0.0.1]:${port}/`],
  ["a name", (port: number) => `http://localhost:${port}/`],
])("no connection is opened to %s that is not allowed", async (_kind, urlOf) => {
  await using receiver = await startRawReceiver((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
  await using sender = buildSender({ allowedTargets: "none" });
  const url = urlOf(receiver.port);
  const outcome = await sender.send(buildAttempt({ url }));
  expect(outcome).toMatchObject({
    kind: "forbidden-target",
    address: expect.stringMatching(/^127\.0\.0\.1$|^::1$|^::ffff:7f00:1$/),
    reason: expect.stringContaining("BELLWIRE_ALLOWED_TARGETS can allow it."),
  });
  expect(receiver.connections).toBe(0);
});

test("the reason of a forbidden attempt hides the address from tenants, and the operator's log receives it", async () => {
  const hidden: object[] = [];
  const lookup: Lookup = async () => [{ address: "10.1.2.3", family: 4 }];
  await using sender = buildSender({ lookup, hideAddress: (target: object) => void hidden.push(target) });
  const outcome = await sender.send(buildAttempt({ url: "http://inside.example/" }));
  expect(outcome).toMatchObject({ reason: "inside.example leads to an address that is not allowed." });
  expect(hidden).toEqual([{ hostname: "inside.example", address: "10.1.2.3" }]);
});

test("a name that resolves differently after the check is connected to at the checked address, or not at all", async () => {
  await using receiver = await startRawReceiver((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
  // 127.0.0.2, where no server listens, stands for the public address that passes the check.
  const answers = ["127.0.0.2", "127.0.0.1"];
  const lookup: Lookup = async () => [{ address: answers.shift() ?? "127.0.0.1", family: 4 }];
  await using sender = buildSender({ allowedTargets: "127.0.0.2", lookup });
  const attempt = buildAttempt({ url: `http://rebinding.example:${receiver.port}/` });
  expect(await sender.send(attempt)).toMatchObject({ kind: "unreachable", code: "ECONNREFUSED" });
  expect(await sender.send(attempt)).toMatchObject({ kind: "forbidden-target", address: "127.0.0.1" });
  expect(receiver.connections).toBe(0);
});

test("each connection makes one look-up and uses the checked addresses", async () => {
  await using receiver = await startReceiver();
  let lookups = 0;
  const lookup: Lookup = async () => {
    lookups += 1;
    return toLoopback("");
  };
  await using sender = buildSender({ lookup, connectionsMax: 1 });
  const url = receiver.url.replace("127.0.0.1", "receiver.example");
  for (let n = 0; n < 3; n += 1) expect((await sender.send(buildAttempt({ url }))).kind).toBe("answered");
  expect(lookups).toBe(1);
  expect(receiver.received[0]?.headers.host).toBe(new URL(url).host);
});

test("the next attempt repeats a look-up that found no address", async () => {
  await using receiver = await startReceiver();
  const answers = [[], [{ address: "127.0.0.1", family: 4 } as const]];
  await using sender = buildSender({ lookup: async () => answers.shift() ?? [] });
  const attempt = buildAttempt({ url: receiver.url.replace("127.0.0.1", "receiver.example") });
  expect((await sender.send(attempt)).kind).toBe("unreachable");
  expect((await sender.send(attempt)).kind).toBe("answered");
});

test("a connection falls back to the second address of a name", async () => {
  await using receiver = await startReceiver();
  const lookup: Lookup = async () => [
    { address: "::1", family: 6 },
    { address: "127.0.0.1", family: 4 },
  ];
  await using sender = buildSender({ lookup });
  const url = receiver.url.replace("127.0.0.1", "localhost");
  expect(await sender.send(buildAttempt({ url }))).toMatchObject({ kind: "answered", status: 200 });
});

test("the reason of a refused connection names the host and port", async () => {
  const receiver = await startReceiver();
  await receiver[Symbol.asyncDispose]();
  await using sender = buildSender();
  const { host } = new URL(receiver.url);
  expect(await sender.send(buildAttempt({ url: receiver.url }))).toMatchObject({
    kind: "unreachable",
    code: "ECONNREFUSED",
    reason: `${host} refused the connection: nothing listens there.`,
  });
});

test("the reason of a failed look-up names the host", async () => {
  const lookup: Lookup = async () => {
    throw Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
  };
  await using sender = buildSender({ lookup });
  expect(await sender.send(buildAttempt({ url: "http://nobody.example/" }))).toMatchObject({
    kind: "unreachable",
    code: "ENOTFOUND",
    reason: "There is no address for the name in nobody.example.",
  });
});

test("a look-up without a response fails the attempt after three seconds and does not delay other names", async () => {
  await using receiver = await startReceiver();
  await using names = await startNameServer((name) =>
    name === "good.example" ? { addresses: ["127.0.0.1"], ttlSeconds: 30 } : "silence",
  );
  const clock = new HandDrivenClock();
  using resolver = new NameResolver({ clock, servers: [names.address] });
  await using sender = buildSender({ lookup: resolver.lookup });
  const silent = Array.from({ length: 20 }, (_, number) =>
    sender.send(buildAttempt({ url: `http://silent${number}.example/` })),
  );
  const url = receiver.url.replace("127.0.0.1", "good.example");
  expect(await sender.send(buildAttempt({ url }))).toMatchObject({ kind: "answered", status: 200 });
  expect(clock.monotonicMs()).toBe(0);
  await clock.advance(3000);
  expect(await silent[0]).toMatchObject({
    kind: "unreachable",
    code: "ETIMEOUT",
    reason: "The name in silent0.example was not answered within 3 s.",
  });
  await Promise.all(silent);
});

test("connecting has a separate timeout", async () => {
  const lookup: Lookup = () => new Promise(() => {});
  await using sender = buildSender({ lookup, connectTimeoutSeconds: 0.3 });
  const outcome = await sender.send(buildAttempt({ url: "http://slow.example/", timeoutSeconds: 60 }));
  expect(outcome).toMatchObject({ kind: "timed-out", phase: "connect", afterSeconds: 0.3 });
  expect(outcome.latencyMs).toBeLessThan(50_000);
});

async function sendOverTls(
  certificate: IssuedCertificate & TlsOptions,
  { host, ...options }: TestSenderOptions & { host: string },
) {
  const server = createTlsServer(certificate, (request, response) => {
    request.resume();
    response.end("safe");
  });
  const serverNames: unknown[] = [];
  server.on("secureConnection", ({ servername }) => serverNames.push(servername));
  await using receiver = await listen(server);
  await using sender = buildSender({ lookup: toLoopback, ...options });
  const outcome = await sender.send(buildAttempt({ url: `https://${host}:${receiver.port}/` }));
  server.closeAllConnections();
  return { outcome, at: `${host}:${receiver.port}`, serverNames };
}

test.each([
  ["receiver.example", "receiver.example"],
  ["receiver.example.", "receiver.example"],
  ["127.0.0.1", false],
] as const)(
  "HTTPS to %s succeeds with a certificate of a known authority, and asks for %s",
  async (host, serverName) => {
    const authority = buildAuthority();
    const certificate = authority.issue({ names: [serverName || host] });
    const { outcome, serverNames } = await sendOverTls(certificate, { host, caPem: authority.caPem });
    expect(outcome).toMatchObject({ kind: "answered", status: 200 });
    expect(serverNames).toEqual([serverName]);
  },
);

test("an unknown authority, a wrong name and an expired certificate have different reasons", async () => {
  const authority = buildAuthority();
  const { caPem } = authority;
  const host = "receiver.example";
  const good = authority.issue({ names: [host] });
  const misnamed = authority.issue({ names: ["other.example", "*.other.example"] });
  const expired = authority.issue({ names: [host], expired: true });

  const unknown = await sendOverTls(good, { host });
  expect(unknown.outcome).toMatchObject({
    kind: "unreachable",
    reason: `The certificate of ${unknown.at} comes from an authority that is not known here. BELLWIRE_CA_FILE can name it.`,
  });
  const wrong = await sendOverTls(misnamed, { host, caPem });
  expect(wrong.outcome).toMatchObject({
    kind: "unreachable",
    reason: `The certificate of ${wrong.at} is for another name: other.example, *.other.example.`,
  });
  const names = Array.from({ length: 1000 }, (_, at) => `${at}.example`);
  const shared = await sendOverTls(authority.issue({ names }), { host, caPem });
  expect(shared.outcome).toMatchObject({
    reason: `The certificate of ${shared.at} is for another name: 0.example, 1.example, 2.example, 3.example, 4.example and 995 others.`,
  });
  const late = await sendOverTls(expired, { host, caPem });
  expect(late.outcome).toMatchObject({ kind: "unreachable", reason: `The certificate of ${late.at} has expired.` });
});

test("the reason of HTTPS to a plain HTTP port is the failed TLS connection", async () => {
  await using receiver = await startReceiver();
  await using sender = buildSender();
  const outcome = await sender.send(buildAttempt({ url: receiver.url.replace("http:", "https:") }));
  expect(outcome).toMatchObject({
    kind: "unreachable",
    reason: expect.stringMatching(/^No TLS connection could be agreed on with [\d.:]+: [a-z ]+\.$/),
  });
});

test("the reason of a receiver that requires a client certificate is this requirement, also where TLS 1.3 reports it late", async () => {
  const authority = buildAuthority();
  const certificate = { ...authority.issue({ names: ["receiver.example"] }), ca: authority.caPem, requestCert: true };
  const options = { host: "receiver.example", caPem: authority.caPem };
  const { outcome, at } = await sendOverTls({ ...certificate, minVersion: "TLSv1.3" }, options);
  expect(outcome).toMatchObject({
    kind: "unreachable",
    code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    reason: `${at} requires a client certificate, and Bellwire has none.`,
  });
});

test("the reason of a receiver that offers only HTTP/2 is the protocol", async () => {
  const authority = buildAuthority();
  const server = createSecureServer({ ...authority.issue({ names: ["receiver.example"] }), ALPNProtocols: ["h2"] });
  await using receiver = await listen(server);
  await using sender = buildSender({ lookup: toLoopback, caPem: authority.caPem });
  const at = `receiver.example:${receiver.port}`;
  const outcome = await sender.send(buildAttempt({ url: `https://${at}/` }));
  expect(outcome).toMatchObject({
    kind: "unreachable",
    code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    reason: `${at} does not accept HTTP/1.1, which Bellwire sends.`,
  });
});

const tooManyHandshakeMessages = {
  kind: "unreachable",
  code: "HANDSHAKE_MESSAGES",
  reason: expect.stringMatching(/ sent more than 32 TLS session tickets and renegotiations for one answer\.$/),
  isUnusable: true,
};

test("endless renegotiations of TLS end the attempt", async () => {
  const authority = buildAuthority();
  const receiver = createSecureServer(
    { ...authority.issue({ names: ["receiver.example"] }), maxVersion: "TLSv1.2" },
    (socket) => {
      const renegotiate = (): void => void socket.renegotiate({}, () => setImmediate(renegotiate));
      socket.on("error", () => socket.destroy()).once("data", renegotiate);
    },
  );
  const limit = tls.CLIENT_RENEG_LIMIT;
  Object.assign(tls, { CLIENT_RENEG_LIMIT: Number.POSITIVE_INFINITY }); // of the receiver
  await using listening = await listen(receiver);
  await using sender = buildSender({ lookup: toLoopback, caPem: authority.caPem });
  const outcome = await sender.send(buildAttempt({ url: `https://receiver.example:${listening.port}/` }));
  Object.assign(tls, { CLIENT_RENEG_LIMIT: limit });
  expect(outcome).toMatchObject(tooManyHandshakeMessages);
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

test.skipIf(!hasOpenssl)("endless TLS session tickets end the attempt", async () => {
  const authority = buildAuthority();
  const { cert, key } = authority.issue({ names: ["receiver.example"] });
  await using dir = await makeEmptyDataDir();
  await writeFile(`${dir.path}/pem`, cert + key);
  const args = ["s_server", "-accept", "127.0.0.1:0", "-cert", `${dir.path}/pem`, "-num_tickets", "1000"];
  const receiver = spawn("openssl", args);
  const exit = once(receiver, "exit");
  let output = "";
  receiver.stdout.on("data", (text: Buffer) => (output += text.toString()));
  const portOf = (): string | undefined => /^ACCEPT [\d.]+:(\d+)/m.exec(output)?.[1];
  await until(() => portOf() !== undefined);
  await using sender = buildSender({ lookup: toLoopback, caPem: authority.caPem });
  const outcome = await sender.send(buildAttempt({ url: `https://receiver.example:${portOf()}/` }));
  receiver.kill();
  await exit;
  expect(outcome).toMatchObject(tooManyHandshakeMessages);
});

/** Starts a proxy that connects to any address and records its requests. */
async function startProxy(status = 200) {
  const requests: { readonly to: string; readonly credentials: string | undefined }[] = [];
  const server = createProxy();
  server.on("connect", (request, client) => {
    requests.push({ to: request.url ?? "", credentials: request.headers["proxy-authorization"] });
    // Leaves it to the client to close a connection that it has refused.
    if (status !== 200)
      return client
        .on("end", () => client.end())
        .resume()
        .write(`HTTP/1.1 ${status} No\r\n\r\n`);
    const target = connect(Number(request.url?.split(":").at(-1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(target).pipe(client);
    });
    target.on("error", () => client.destroy());
    client.on("error", () => target.destroy());
    return undefined;
  });
  const listening = await listen(server);
  return { ...listening, requests, url: `http://user:pass@127.0.0.1:${listening.port}` };
}

test("a proxy receives the address that Bellwire checked, and the proxy's credentials", async () => {
  const authority = buildAuthority();
  await using proxy = await startProxy();
  const { outcome, at } = await sendOverTls(authority.issue({ names: ["receiver.example"] }), {
    host: "receiver.example",
    caPem: authority.caPem,
    proxyUrl: proxy.url,
  });
  expect(outcome).toMatchObject({ kind: "answered", status: 200 });
  const credentials = `Basic ${Buffer.from("user:pass").toString("base64")}`;
  expect(proxy.requests).toEqual([{ to: at.replace("receiver.example", "127.0.0.1"), credentials }]);
});

test("an attempt to a denied address opens no connection, and its reason names the setting", async () => {
  const allowed = parseAllowedTargets("127.0.0.0/8", "127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  await using receiver = await startReceiver();
  await using sender = createSender({ clock: systemClock, userAgent: "Bellwire/test", allowed, lookup: toLoopback });
  const { host } = new URL(receiver.url);
  expect(await sender.send(buildAttempt({ url: receiver.url }))).toMatchObject({
    kind: "forbidden-target",
    reason: `${host} leads to 127.0.0.1, which BELLWIRE_DENIED_TARGETS denies.`,
  });
  expect(receiver.received).toEqual([]);
});

test("a denied public address is hidden from tenants, too", async () => {
  const allowed = parseAllowedTargets("none", "93.184.215.0/24");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const lookup: Lookup = async () => [{ address: "93.184.215.14", family: 4 }];
  const options = { clock: systemClock, userAgent: "Bellwire/test", allowed, lookup, hideAddress: () => undefined };
  await using sender = createSender(options);
  expect(await sender.send(buildAttempt({ url: "http://receiver.example/" }))).toMatchObject({
    reason: "receiver.example leads to an address that is not allowed.",
    trace: { address: undefined },
  });
});

test("a proxy receives no request for a forbidden address", async () => {
  await using proxy = await startProxy();
  await using sender = buildSender({ allowedTargets: "none", lookup: toLoopback, proxyUrl: proxy.url });
  expect((await sender.send(buildAttempt({ url: "http://receiver.example/" }))).kind).toBe("forbidden-target");
  expect(proxy.requests).toEqual([]);
});

test.each([
  ["http://receiver.example/", "127.0.0.1", "127.0.0.1:80"],
  ["https://receiver.example/", "127.0.0.1", "127.0.0.1:443"],
  ["https://receiver.example:8443/", "::1", "[::1]:8443"],
] as const)("for %s at %s, a proxy is asked for %s, without credentials if it has none", async (url, address, to) => {
  await using proxy = await startProxy(403);
  const lookup: Lookup = async () => [{ address, family: address === "::1" ? 6 : 4 }];
  await using sender = buildSender({ lookup, proxyUrl: `http://127.0.0.1:${proxy.port}` });
  expect(await sender.send(buildAttempt({ url }))).toMatchObject({ code: "PROXY_REFUSED" });
  expect(proxy.requests).toEqual([{ to, credentials: undefined }]);
});

test("the time limit of connecting applies to a proxy that does not answer, and not to a receiver behind one", async () => {
  await using silent = await startRawReceiver(() => undefined);
  await using proxy = await startProxy();
  const outcomesWith = async (connectTimeoutSeconds: number) => {
    const answerMs = 2000 * connectTimeoutSeconds;
    await using receiver = await startReceiver((answer) => void setTimeout(() => answer.end(), answerMs));
    const options = { lookup: toLoopback, connectTimeoutSeconds };
    await using stuck = buildSender({ ...options, proxyUrl: `http://127.0.0.1:${silent.port}` });
    await using sender = buildSender({ ...options, proxyUrl: proxy.url });
    const url = receiver.url.replace("127.0.0.1", "receiver.example");
    const attempt = buildAttempt({ url, timeoutSeconds: 100 });
    const [late, proxied] = await Promise.all([stuck.send(attempt), sender.send(attempt)]);
    return { late, proxied };
  };
  expect(await withMoreTime(outcomesWith, ({ proxied }) => proxied.kind === "answered")).toMatchObject({
    late: { kind: "timed-out", phase: "connect" },
    proxied: { kind: "answered", status: 200 },
  });
});

test("the reason of a refusal by the proxy names the proxy", async () => {
  await using proxy = await startProxy(403);
  await using sender = buildSender({ lookup: toLoopback, proxyUrl: proxy.url });
  expect(await sender.send(buildAttempt({ url: "http://receiver.example/" }))).toMatchObject({
    kind: "unreachable",
    reason: "The proxy did not open a connection to receiver.example: it answered 403.",
  });
});

test.each([
  ["refuses connections", null, "ECONNREFUSED"],
  ["closes the connection", "", "ECONNRESET"],
  ["is no proxy", "220 mail.example ESMTP\r\n", "HPE_INVALID_CONSTANT"],
])("the reason of a proxy that %s names the proxy, not the receiver", async (_kind, answer, code) => {
  const proxy = await startRawReceiver((socket) => socket.end(answer ?? ""));
  if (answer === null) await proxy[Symbol.asyncDispose]();
  await using sender = buildSender({ lookup: toLoopback, proxyUrl: `http://127.0.0.1:${proxy.port}` });
  expect(await sender.send(buildAttempt({ url: "http://receiver.example/" }))).toMatchObject({
    kind: "unreachable",
    code: "PROXY_FAILED",
    reason: `The proxy did not open a connection to receiver.example: the connection to it failed (${code}).`,
  });
  if (answer !== null) await proxy[Symbol.asyncDispose]();
});
