import { expect, test } from "vitest";
import { parseAllowedTargets } from "./allowed-targets.ts";

const allowing = (text: string) => {
  const allowed = parseAllowedTargets(text);
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  return allowed;
};

test("only what is listed is allowed, in both families", () => {
  const allowed = allowing("127.0.0.0/8, ::1/128, 10.1.2.3");
  for (const address of ["127.0.0.1", "127.255.0.9", "::1", "10.1.2.3"]) expect(allowed.includes(address)).toBe(true);
  for (const address of ["10.1.2.4", "::2", "126.0.0.1", "fe80::1", "localhost"]) {
    expect(allowed.includes(address)).toBe(false);
  }
  expect(allowed.blocks).toEqual(["127.0.0.0/8", "::1/128", "10.1.2.3"]);
});

test("an allowed block of IPv4 covers its IPv4-mapped spelling, which leads to the same host", () => {
  expect(allowing("127.0.0.0/8").includes("::ffff:7f00:1")).toBe(true);
  expect(allowing("127.0.0.0/8").includes("::ffff:a00:1")).toBe(false);
});

test("none allows nothing", () => {
  expect(allowing("none").includes("127.0.0.1")).toBe(false);
});

test.each([
  ["10.0.0.0/33", `"10.0.0.0/33": behind the slash belongs a whole number from 0 to 32`],
  ["::1/129", `"::1/129": behind the slash belongs a whole number from 0 to 128`],
  ["10.0.0.0/", `"10.0.0.0/": behind the slash belongs a whole number from 0 to 32`],
  ["10.0.0.0/-1", `"10.0.0.0/-1": behind the slash belongs a whole number from 0 to 32`],
  ["10/8", `"10/8" is not a CIDR block like 10.0.0.0/8 or fd00::/8`],
  ["localhost", `"localhost" is not a CIDR block like 10.0.0.0/8 or fd00::/8`],
  ["fe80::1%eth0/64", `"fe80::1%eth0/64" is not a CIDR block like 10.0.0.0/8 or fd00::/8`],
  ["10.0.0.0/8/8", `"10.0.0.0/8/8" is not a CIDR block like 10.0.0.0/8 or fd00::/8`],
  ["127.0.0.0/8,", `a block is missing: write CIDR blocks with commas between, or "none"`],
])("%s is refused in words", (text, wrong) => {
  expect(parseAllowedTargets(text)).toEqual({ wrong });
});

test("everything wrong is said at once", () => {
  expect(parseAllowedTargets("a,b")).toEqual({
    wrong: `"a" is not a CIDR block like 10.0.0.0/8 or fd00::/8; "b" is not a CIDR block like 10.0.0.0/8 or fd00::/8`,
  });
});

test("a denied block covers its addresses in every embedding, and what is wrong with it is said", () => {
  const targets = parseAllowedTargets("10.0.0.0/8", "8.8.0.0/16, 10.1.0.0/16, 2a00:1450::/32");
  if ("wrong" in targets) throw new Error(targets.wrong);
  const denied = ["8.8.8.8", "10.1.2.3", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606::5efe:8.8.8.8", "2a00:1450::1"];
  expect(denied.filter((address) => !targets.denies(address))).toEqual([]);
  expect(["8.9.0.1", "10.2.0.1", "::ffff:8.9.0.1", "2606::5efd:8.8.8.8"].filter((it) => targets.denies(it))).toEqual(
    [],
  );
  expect(parseAllowedTargets("none", "a")).toHaveProperty("wrong", expect.stringContaining(`"a" is not a CIDR block`));
});
