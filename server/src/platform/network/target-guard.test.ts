import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { NameResolver } from "./name-resolver.ts";
import { type Address, parseAllowedTargets, resolveTarget } from "./target-guard.ts";

const allowing = (text: string) => {
  const allowed = parseAllowedTargets(text);
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  return allowed;
};

test("only addresses in the listed blocks are allowed, for IPv4 and IPv6", () => {
  const allowed = allowing("127.0.0.0/8, ::1/128, 10.1.2.3");
  for (const address of ["127.0.0.1", "127.255.0.9", "::1", "10.1.2.3"]) expect(allowed.includes(address)).toBe(true);
  for (const address of ["10.1.2.4", "::2", "126.0.0.1", "fe80::1", "localhost"]) {
    expect(allowed.includes(address)).toBe(false);
  }
  expect(allowed.blocks).toEqual(["127.0.0.0/8", "::1/128", "10.1.2.3"]);
});

test("an allowed IPv4 block covers its IPv4-mapped IPv6 addresses", () => {
  expect(allowing("127.0.0.0/8").includes("::ffff:7f00:1")).toBe(true);
  expect(allowing("127.0.0.0/8").includes("::ffff:a00:1")).toBe(false);
});

test('the setting "none" allows no address', () => {
  expect(allowing("none").includes("127.0.0.1")).toBe(false);
});

test.each([
  ["10.0.0.0/33", `"10.0.0.0/33": use a whole number from 0 to 32 after the slash`],
  ["::1/129", `"::1/129": use a whole number from 0 to 128 after the slash`],
  ["10.0.0.0/", `"10.0.0.0/": use a whole number from 0 to 32 after the slash`],
  ["10.0.0.0/-1", `"10.0.0.0/-1": use a whole number from 0 to 32 after the slash`],
  ["10/8", `"10/8" is not a CIDR block like 10.0.0.0/8 or fd00::/8`],
  ["localhost", `"localhost" is not a CIDR block like 10.0.0.0/8 or fd00::/8`],
  ["fe80::1%eth0/64", `"fe80::1%eth0/64" is not a CIDR block like 10.0.0.0/8 or fd00::/8`],
  ["10.0.0.0/8/8", `"10.0.0.0/8/8" is not a CIDR block like 10.0.0.0/8 or fd00::/8`],
  ["127.0.0.0/8,", `a block is missing: write CIDR blocks separated by commas, or "none"`],
])("the block list %s is refused with a reason", (text, wrong) => {
  expect(parseAllowedTargets(text)).toEqual({ wrong });
});

test("one error lists all invalid blocks", () => {
  expect(parseAllowedTargets("a,b")).toEqual({
    wrong: `"a" is not a CIDR block like 10.0.0.0/8 or fd00::/8; "b" is not a CIDR block like 10.0.0.0/8 or fd00::/8`,
  });
});

test("a denied block covers its addresses in every IPv6 embedding, and an invalid block is reported", () => {
  const targets = parseAllowedTargets("10.0.0.0/8", "8.8.0.0/16, 10.1.0.0/16, 2a00:1450::/32");
  if ("wrong" in targets) throw new Error(targets.wrong);
  const denied = ["8.8.8.8", "10.1.2.3", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606::5efe:8.8.8.8", "2a00:1450::1"];
  expect(denied.filter((address) => !targets.denies(address))).toEqual([]);
  expect(
    ["8.9.0.1", "10.2.0.1", "::ffff:8.9.0.1", "2606::5efd:8.8.8.8"].filter((address) => targets.denies(address)),
  ).toEqual([]);
  expect(parseAllowedTargets("none", "a")).toHaveProperty("wrong", expect.stringContaining(`"a" is not a CIDR block`));
});

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
  throw new Error("An address needs no look-up.");
};

test("a name with public addresses resolves to them", async () => {
  const lookup = answering(ipv4("1.1.1.1"), ipv6("2606:4700::1"));
  expect(await resolveTarget("example.com", { allowed, lookup })).toEqual({
    ...ipv4("1.1.1.1"),
    addresses: [ipv4("1.1.1.1"), ipv6("2606:4700::1")],
  });
});

test("one forbidden address among public ones forbids the name", async () => {
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
])("%s is recognized as %s and forbidden", async (url, address) => {
  expect(await resolveTarget(new URL(url).hostname, { allowed, lookup: never })).toEqual({
    forbidden: address,
    isDenied: false,
  });
});

test.each(["http://localhost/", "http://localhost./", "http://LOCALHOST/"])(
  "%s never counts as public",
  async (url) => {
    const { hostname } = new URL(url);
    expect(
      await resolveTarget(hostname, { allowed, lookup: new NameResolver({ clock: systemClock }).lookup }),
    ).not.toHaveProperty("address");
  },
);

test("localhost resolves to a loopback address if loopback is allowed", async () => {
  const target = await resolveTarget("localhost", {
    allowed: loopback,
    lookup: new NameResolver({ clock: systemClock }).lookup,
  });
  expect(target).toHaveProperty("address", expect.stringMatching(/^(127\.|::1$)/));
});

test("an allowed address is accepted although it is not public", async () => {
  expect(await resolveTarget("[::1]", { allowed: loopback, lookup: never })).toMatchObject(ipv6("::1"));
});

test("a name without an address is unresolvable with the error code", async () => {
  const lookup = async () => {
    throw Object.assign(new Error("queryA ETIMEOUT"), { code: "EAI_AGAIN" });
  };
  expect(await resolveTarget("example.com", { allowed, lookup })).toEqual({ unresolvable: "EAI_AGAIN" });
  expect(await resolveTarget("example.com", { allowed, lookup: answering() })).toEqual({ unresolvable: "ENOTFOUND" });
});

test("a denied address forbids its name even if the address is public or allowed", async () => {
  const targets = parseAllowedTargets("10.0.0.0/8", "8.8.0.0/16,10.1.0.0/16");
  if ("wrong" in targets) throw new Error(targets.wrong);
  for (const address of ["8.8.8.8", "10.1.2.3"]) {
    expect(await resolveTarget("example.com", { allowed: targets, lookup: answering(ipv4(address)) })).toEqual({
      forbidden: address,
      isDenied: true,
    });
  }
});
