import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type NetworkInterfaceInfo, type networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { startNameServer, type NameAnswer } from "../../../test/support/name-server.ts";
import { until } from "../../../test/support/until.ts";
import { lookupLimits, NameResolver, type NameResolverOptions } from "./name-resolver.ts";

const resolved = (...addresses: readonly string[]): NameAnswer => ({ addresses, ttlSeconds: 30 });
const at = (address: string) => ({ address, family: 4 });

interface Names extends Partial<NameResolverOptions> {
  readonly hosts?: string;
  readonly configuration?: string;
}

/** Opens a resolver with its own files and a name server that responds with the results of `answerTo`. */
async function openResolver(
  answerTo: Parameters<typeof startNameServer>[0],
  { hosts = "", configuration = "", ...options }: Names = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "names-"));
  const files = { hostsFile: join(folder, "hosts"), configurationFile: join(folder, "resolv.conf") };
  await writeFile(files.hostsFile, hosts);
  await writeFile(files.configurationFile, configuration);
  const server = await startNameServer(answerTo);
  const clock = new HandDrivenClock();
  const resolver = new NameResolver({ clock, servers: [server.address], ...files, ...options });
  onTestFinished(async () => {
    resolver[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  const ipv4Questions = () =>
    server.questions.filter((question) => question.endsWith(" A")).map((question) => question.slice(0, -2));
  return { clock, lookup: resolver.lookup, resolver, questions: server.questions, ipv4Questions, ...files };
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "resolved",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );

test("a look-up returns the addresses of the name server", async () => {
  const { lookup } = await openResolver(() => resolved("192.0.2.1", "192.0.2.2"));
  expect(await lookup("receiver.example")).toEqual([at("192.0.2.1"), at("192.0.2.2")]);
});

/** Interfaces of a machine: its loopback, and one with these IPv6 addresses. */
const withIpv6 =
  (...addresses: readonly string[]): (() => ReturnType<typeof networkInterfaces>) =>
  () => ({ lo: [interfaceOf("::1", true)], eth0: addresses.map((address) => interfaceOf(address)) });

const interfaceOf = (address: string, internal = false): NetworkInterfaceInfo => ({
  family: "IPv6",
  address,
  internal,
  netmask: "ffff::",
  mac: "00:00:00:00:00:00",
  scopeid: 0,
  cidr: null,
});

const global = withIpv6("fe80::1", "2001:db8::1");
const both = { addresses: ["192.0.2.1", "2001:db8::2"], ttlSeconds: 30 };
const [ipv4, ipv6] = [at("192.0.2.1"), { address: "2001:db8::2", family: 6 }];

test.for([
  ["first where the machine has a public one", global, [ipv6, ipv4], 2],
  ["last where it has a private one", withIpv6("fd00::1"), [ipv4, ipv6], 2],
  ["never where it has none but link-local ones", withIpv6("fe80::1", "FEBF::1"), [ipv4], 1],
] as const)("IPv6 addresses come %s", async ([, interfaces, found, asked]) => {
  const { clock, lookup, questions } = await openResolver(() => both, { interfaces });
  expect(await lookup("receiver.example")).toEqual(found);
  expect([questions.length, clock.sleeping]).toEqual([asked, 0]);
});

test("a family without a response delays the other one by a quarter of a second", async () => {
  for (const silent of ["A", "AAAA"]) {
    const answerTo = (_name: string, type: string) => (type === silent ? "silence" : both);
    const { clock, lookup } = await openResolver(answerTo, { interfaces: global });
    let hasEnded = false;
    const looked = lookup("receiver.example").finally(() => (hasEnded = true));
    await until(() => clock.sleeping === 2, { everyMs: 1 }); // for the whole look-up, and for the other family
    await clock.advance(lookupLimits.otherFamilyMs - 1);
    expect(hasEnded).toBe(false);
    await clock.advance(1);
    expect(await looked).toEqual([silent === "A" ? ipv6 : ipv4]);
    expect(clock.sleeping).toBe(0);
  }
});

test("a family without addresses waits for the other one, as long as a look-up may take", async () => {
  const answerTo = (name: string, type: string) =>
    name.startsWith("later") ? both : type === "A" ? "no-such-name" : "silence";
  const { clock, lookup } = await openResolver(answerTo, { interfaces: global });
  let end: unknown;
  const looked = codeOf(lookup("receiver.example")).then((code) => (end = code));
  await lookup("later.example"); // so the first family has had its response
  await clock.advance(lookupLimits.totalSeconds * 1000 - 1);
  expect(end).toBeUndefined();
  await clock.advance(1);
  expect(await looked).toBe("ETIMEOUT");
});

test.for([
  ["no-such-name", "no-such-name", "ENOTFOUND"],
  ["no-such-name", "server-failure", "EAI_AGAIN"],
  ["server-failure", "no-such-name", "EAI_AGAIN"],
  ["server-failure", both, "resolved"],
  [both, "no-such-name", "resolved"],
] as const)("with %j for IPv4 and %j for IPv6, a look-up ends with %s", async ([ofIpv4, ofIpv6, end]) => {
  for (const interfaces of [global, withIpv6("fd00::1")]) {
    const { lookup } = await openResolver((_name, type) => (type === "A" ? ofIpv4 : ofIpv6), { interfaces });
    expect(await codeOf(lookup("receiver.example"))).toBe(end);
  }
});

test.for(["A", "AAAA"])("addresses of both families are cached for the TTL of %s if it is shorter", async (shorter) => {
  const answerTo = (_name: string, type: string) => ({ ...both, ttlSeconds: type === shorter ? 10 : 60 });
  const { clock, lookup, questions } = await openResolver(answerTo, { interfaces: global });
  await lookup("receiver.example");
  for (const [afterMs, asked] of [
    [9999, 2],
    [1, 4],
  ] as const) {
    await clock.advance(afterMs);
    await lookup("receiver.example");
    expect(questions).toHaveLength(asked);
  }
});

test("an IPv6 address that the machine gets is noticed within a second", async () => {
  let interfaces = withIpv6();
  let reads = 0;
  const read = () => {
    reads += 1;
    return interfaces();
  };
  const { clock, lookup } = await openResolver(() => both, { interfaces: read });
  const lookUp = async (name: string) => (await lookup(name)).length;
  expect([await lookUp("one.example"), await lookUp("two.example"), reads]).toEqual([1, 1, 1]);
  interfaces = global;
  await clock.advance(999);
  expect(await lookUp("three.example")).toBe(1);
  await clock.advance(1);
  expect(await lookUp("four.example")).toBe(2);
});

test("an answer with 1,000 addresses keeps the first ones", async () => {
  const addresses = Array.from({ length: 1000 }, (_, number) => `192.0.${number >> 8}.${number & 255}`);
  const { lookup } = await openResolver(() => resolved(...addresses));
  expect(await lookup("receiver.example")).toEqual(addresses.slice(0, lookupLimits.addressesMax).map(at));
});

test("an answer with 1,000 addresses is cached for five minutes, whatever its TTL", async () => {
  const addresses = Array.from({ length: 1000 }, (_, number) => `192.0.${number >> 8}.${number & 255}`);
  const { clock, lookup, ipv4Questions } = await openResolver(() => ({ addresses, ttlSeconds: 0 }));
  await lookup("receiver.example");
  await clock.advance(299_999);
  await lookup("receiver.example");
  expect(ipv4Questions()).toHaveLength(1);
  await clock.advance(1);
  await lookup("receiver.example");
  expect(ipv4Questions()).toHaveLength(2);
});

test("200 look-ups without a response delay no other look-up", async () => {
  const { clock, lookup } = await openResolver((name) =>
    name.startsWith("silent") ? "silence" : resolved("192.0.2.1"),
  );
  const silent: Promise<unknown>[] = [];
  for (let number = 0; number < 50; number += 1) {
    // A few at a time, so that the socket of the name server has room for all questions.
    for (let one = 0; one < 4; one += 1) silent.push(codeOf(lookup(`silent${number}-${one}.example`)));
    expect(await lookup(`good${number}.example`)).toEqual([at("192.0.2.1")]);
  }
  expect(clock.monotonicMs()).toBe(0);
  await clock.advance(lookupLimits.totalSeconds * 1000);
  expect(new Set(await Promise.all(silent))).toEqual(new Set(["ETIMEOUT"]));
});

test("100 concurrent look-ups of a name send one query, and the result is cached for its TTL", async () => {
  const { clock, lookup, ipv4Questions } = await openResolver(() => resolved("192.0.2.1"));
  await Promise.all(Array.from({ length: 100 }, () => lookup("receiver.example")));
  await clock.advance(29_999);
  await lookup("RECEIVER.example");
  expect(ipv4Questions()).toEqual(["receiver.example"]);
  await clock.advance(1);
  await lookup("receiver.example");
  expect(ipv4Questions()).toHaveLength(2);
});

test("a TTL of 0 is honoured, and a TTL of one day is cut to five minutes", async () => {
  let ttlSeconds = 0;
  const { clock, lookup, ipv4Questions } = await openResolver(() => ({ addresses: ["192.0.2.1"], ttlSeconds }));
  await lookup("receiver.example");
  ttlSeconds = 86_400;
  await lookup("receiver.example");
  expect(ipv4Questions()).toHaveLength(2);
  await clock.advance(300_000);
  await lookup("receiver.example");
  expect(ipv4Questions()).toHaveLength(3);
});

test.each([
  ["no-such-name", "ENOTFOUND"],
  ["server-failure", "EAI_AGAIN"],
  [{ addresses: [], ttlSeconds: 30 }, "ENOTFOUND"],
] as const)("the response %j is reported as %s and cached for five seconds", async (answer, code) => {
  const { clock, lookup, ipv4Questions } = await openResolver(() => answer);
  expect(await codeOf(lookup("receiver.example"))).toBe(code);
  const questionCount = ipv4Questions().length;
  expect(await codeOf(lookup("receiver.example"))).toBe(code);
  expect(ipv4Questions()).toHaveLength(questionCount);
  await clock.advance(5000);
  expect(await codeOf(lookup("receiver.example"))).toBe(code);
  expect(ipv4Questions().length).toBeGreaterThan(questionCount);
});

test("a look-up without a response fails after three seconds, and is not repeated for five", async () => {
  const { clock, lookup } = await openResolver(() => "silence");
  for (let lookups = 0; lookups < 2; lookups += 1) {
    const waiting = codeOf(lookup("silent.example"));
    await clock.advance(2999);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    expect(await waiting).toBe("ETIMEOUT");
    expect(await codeOf(lookup("silent.example"))).toBe("ETIMEOUT");
    await clock.advance(5000);
  }
});

test("closing the resolver ends a running look-up", async () => {
  const { lookup, resolver } = await openResolver(() => "silence");
  const waiting = codeOf(lookup("silent.example"));
  resolver[Symbol.dispose]();
  expect(await waiting).toBe("ETIMEOUT");
});

test("the hosts file takes precedence for IPv4 and IPv6, and its changes apply within a second", async () => {
  const hosts = "192.0.2.7 Container container.internal # a comment\n2001:db8::7 container\nnonsense container\n";
  const { clock, lookup, ipv4Questions, hostsFile } = await openResolver(() => "no-such-name", { hosts });
  expect(await lookup("container")).toEqual([at("192.0.2.7"), { address: "2001:db8::7", family: 6 }]);
  expect(await lookup("container.internal.")).toEqual([at("192.0.2.7")]);
  expect(await codeOf(lookup("other"))).toBe("ENOTFOUND");
  await writeFile(hostsFile, "192.0.2.8 other\n");
  await clock.advance(1000);
  expect(await lookup("other")).toEqual([at("192.0.2.8")]);
  expect(ipv4Questions()).toEqual(["other"]);
});

test.each(["localhost", "LOCALHOST.", "receiver.localhost"])("%s is never looked up at a name server", async (name) => {
  const { lookup, ipv4Questions } = await openResolver(() => resolved("192.0.2.66"));
  expect(await lookup(name)).toContainEqual(at("127.0.0.1"));
  expect(ipv4Questions()).toEqual([]);
});

const configuration = "domain ignored.example\nsearch one.example two.example. # comment\noptions timeout:1 ndots:2\n";

test.each([
  ["web", ["web.one.example", "web.two.example", "web"]],
  ["api.web", ["api.web.one.example", "api.web.two.example", "api.web"]],
  ["www.api.web", ["www.api.web", "www.api.web.one.example", "www.api.web.two.example"]],
  ["web.", ["web"]],
])("%s is looked up with the search list and ndots of resolv.conf", async (name, questions) => {
  const { lookup, ipv4Questions } = await openResolver(() => "no-such-name", { configuration });
  expect(await codeOf(lookup(name))).toBe("ENOTFOUND");
  expect(ipv4Questions()).toEqual(questions);
});

test("the search list stops at its first name with an address, and a changed list applies", async () => {
  const answerTo = (name: string): NameAnswer => (name === "web.two.example" ? resolved("192.0.2.2") : "no-such-name");
  const { clock, lookup, configurationFile } = await openResolver(answerTo, { configuration });
  expect(await lookup("web")).toEqual([at("192.0.2.2")]);
  await writeFile(configurationFile, "search three.example\n");
  await clock.advance(1000);
  expect(await codeOf(lookup("web"))).toBe("ENOTFOUND");
});

test("look-ups at a name server are reported with result and duration, cached ones are not", async () => {
  const reported: unknown[] = [];
  const onLookup = (...question: unknown[]) => reported.push(question);
  const answers: Readonly<Record<string, NameAnswer>> = {
    good: resolved("192.0.2.1"),
    bad: "server-failure",
    silent: "silence",
  };
  const { clock, lookup } = await openResolver((name) => answers[name] ?? "no-such-name", { onLookup });
  for (const name of ["good", "good", "bad", "unknown", "localhost"]) await codeOf(lookup(name));
  const silent = codeOf(lookup("silent"));
  await clock.advance(3000);
  await silent;
  expect(reported).toEqual([
    ["found", 0],
    ["failed", 0],
    ["none", 0],
    ["timed-out", 3],
  ]);
});
