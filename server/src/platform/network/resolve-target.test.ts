import { expect, test } from "vitest";
import { systemClock } from "../clock/clock.ts";
import { parseAllowedTargets } from "./allowed-targets.ts";
import { NameResolver } from "./name-resolver.ts";
import { resolveTarget, type Address } from "./resolve-target.ts";

const allowed = parseAllowedTargets("none");
const loopback = parseAllowedTargets("127.0.0.0/8,::1/128");
if ("wrong" in allowed || "wrong" in loopback) throw new Error("The blocks of this test are wrong.");

const answering =
  (...addresses: readonly Address[]) =>
  async () =>
    addresses;
const ipv4 = (address: string): Address => ({ address, family: 4 });
const ipv6 = (address: string): Address => ({ address, family: 6 });
const never = async (): Promise<never> => {
  throw new Error("An address needs no lookup.");
};

test("a public name gives the address to connect to", async () => {
  const lookup = answering(ipv4("1.1.1.1"), ipv6("2606:4700::1"));
  expect(await resolveTarget("example.com", { allowed, lookup })).toEqual({
    ...ipv4("1.1.1.1"),
    addresses: [ipv4("1.1.1.1"), ipv6("2606:4700::1")],
  });
});

test("one forbidden answer among public ones forbids the name", async () => {
  const lookup = answering(ipv4("1.1.1.1"), ipv4("10.0.0.1"));
  expect(await resolveTarget("example.com", { allowed, lookup })).toEqual({
    forbidden: "10.0.0.1",
    isDenied: false,
  });
});

test.each([
  ["http://0x7f.1/", "127.0.0.1"],
  ["http://2130706433/", "127.0.0.1"],
  ["http://0177.0.0.1/", "127.0.0.1"],
  ["http://127.1/", "127.0.0.1"],
  ["http://127.0.0.1./", "127.0.0.1"],
  ["http://①②⑦.0.0.1/", "127.0.0.1"],
  ["http://[::ffff:127.0.0.1]/", "::ffff:7f00:1"],
  ["http://[0:0:0:0:0:0:0:1]/", "::1"],
  ["http://[::127.0.0.1]/", "::7f00:1"],
  ["http://[64:ff9b::169.254.169.254]/", "64:ff9b::a9fe:a9fe"],
])("%s is seen to be %s and forbidden", async (url, address) => {
  expect(await resolveTarget(new URL(url).hostname, { allowed, lookup: never })).toEqual({
    forbidden: address,
    isDenied: false,
  });
});

test.each(["http://localhost/", "http://localhost./", "http://LOCALHOST/"])(
  "%s is never taken for public",
  async (url) => {
    const { hostname } = new URL(url);
    expect(
      await resolveTarget(hostname, { allowed, lookup: new NameResolver({ clock: systemClock }).lookup }),
    ).not.toHaveProperty("address");
  },
);

test("localhost is this machine, where that is allowed", async () => {
  const target = await resolveTarget("localhost", {
    allowed: loopback,
    lookup: new NameResolver({ clock: systemClock }).lookup,
  });
  expect(target).toHaveProperty("address", expect.stringMatching(/^(127\.|::1$)/));
});

test("an allowed address may be reached though it is not public", async () => {
  expect(await resolveTarget("[::1]", { allowed: loopback, lookup: never })).toMatchObject(ipv6("::1"));
});

test("a name without an address is unresolvable, and says why", async () => {
  const lookup = async () => {
    throw Object.assign(new Error("queryA ETIMEOUT"), { code: "EAI_AGAIN" });
  };
  expect(await resolveTarget("example.com", { allowed, lookup })).toEqual({ unresolvable: "EAI_AGAIN" });
  expect(await resolveTarget("example.com", { allowed, lookup: answering() })).toEqual({ unresolvable: "ENOTFOUND" });
});

test("a denied address forbids its name, public or allowed", async () => {
  const targets = parseAllowedTargets("10.0.0.0/8", "8.8.0.0/16,10.1.0.0/16");
  if ("wrong" in targets) throw new Error(targets.wrong);
  for (const address of ["8.8.8.8", "10.1.2.3"]) {
    expect(await resolveTarget("example.com", { allowed: targets, lookup: answering(ipv4(address)) })).toEqual({
      forbidden: address,
      isDenied: true,
    });
  }
});
