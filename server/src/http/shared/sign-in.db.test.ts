import { expect } from "vitest";
import { attemptLimits } from "#platform/limits.ts";
import { test as base } from "../../../test/support/test.ts";
import { createSignInLimits } from "./sign-in.ts";

let providers = 0;

/** Limits of a provider that no other test uses, in two processes. */
const test = base.extend("limits", ({ sharedPool, clock }) => {
  const providerId = (providers += 1);
  const processes = [createSignInLimits({ pool: sharedPool, clock }), createSignInLimits({ pool: sharedPool, clock })];
  let turn = 0;
  const next = () => processes[(turn += 1) % 2] ?? createSignInLimits({ pool: sharedPool, clock });
  const attempt = (login: string, address: string, deviceId?: string) =>
    ({ audience: "developer", providerId, login, address, deviceId }) as const;
  return {
    tryAs: (...args: Parameters<typeof attempt>) => next().secondsToWait(attempt(...args)),
    recordSuccess: (...args: Parameters<typeof attempt>) => next().recordSuccess(attempt(...args)),
    wait: (seconds: number) => clock.advance(seconds * 1000),
  };
});

type Limits = { readonly tryAs: (login: string, address: string) => Promise<number> };

const ownerAddress = "203.0.113.7";
const network = (index: number): string => `198.51.${Math.floor(index / 250)}.${index % 250}`;

/** Returns the number of allowed attempts when each network tries one name this many times. */
async function guesses({ tryAs }: Limits, networks: number, times: number): Promise<number> {
  let allowed = 0;
  for (let time = 0; time < times; time += 1)
    for (let index = 0; index < networks; index += 1) if ((await tryAs("ada", network(index))) === 0) allowed += 1;
  return allowed;
}

test("sign-in attempts from 30 other networks block neither the owner's network nor a known device", async ({
  limits,
}) => {
  await guesses(limits, 30, 5);
  expect(await limits.tryAs("ada", network(0))).toBeGreaterThan(0);
  expect(await limits.tryAs("Ada", ownerAddress)).toBe(0);
  expect(await limits.tryAs("ada", ownerAddress)).toBe(0);
  expect(await limits.tryAs("ada", network(0), "known")).toBe(0);
});

test("attempts from the owner's network do not block a known device, which has its own limit of ten", async ({
  limits,
}) => {
  for (let time = 0; time < 12; time += 1) await limits.tryAs("ada", ownerAddress);
  expect(await limits.tryAs("ada", ownerAddress)).toBe(600);
  for (let time = 0; time < 10; time += 1) expect(await limits.tryAs("ada", ownerAddress, "laptop")).toBe(0);
  expect(await limits.tryAs("ada", ownerAddress, "laptop")).toBe(600);
  await limits.recordSuccess("ada", ownerAddress, "laptop");
  expect(await limits.tryAs("ada", ownerAddress, "laptop")).toBe(0);
});

test("one network has a hundred attempts at a name per day, across all processes", async ({ limits }) => {
  let allowed = 0;
  for (let tenMinutes = 0; tenMinutes < 143; tenMinutes += 1) {
    for (let time = 0; time < 11; time += 1) if ((await limits.tryAs("ada", ownerAddress)) === 0) allowed += 1;
    await limits.wait(600);
  }
  expect(allowed).toBe(100);
});

test("forty networks together have at most three attempts each plus a thousand per day at a name", async ({
  limits,
}) => {
  const networks = 40;
  let allowed = 0;
  for (let minute = 0; minute < 70; minute += 1) {
    allowed += await guesses(limits, networks, minute === 0 ? 3 : 1);
    await limits.wait(60);
  }
  expect(allowed).toBeGreaterThan(attemptLimits.signInsOfNameADay.max / 2);
  expect(allowed).toBeLessThanOrEqual(3 * networks + attemptLimits.signInsOfNameADay.max);
});

test("a hundred concurrent attempts are all counted", async ({ limits }) => {
  const waits = await Promise.all(Array.from({ length: 100 }, () => limits.tryAs("ada", ownerAddress)));
  expect(waits.filter((seconds) => seconds === 0)).toHaveLength(10);
});

test("all spellings of a login that PostgreSQL finds the same user by share one limit", async ({
  limits,
  sharedPool,
}) => {
  const spellings = ["vili.σ@quay.gr", "VİLİ.σ@quay.gr", "vİli.Σ@quay.gr", "viLİ.Σ@QUAY.GR", "\u212avili"];
  const found = await sharedPool.query<{ lower: string }>("select lower(unnest($1::text[]))", [spellings]);
  expect(new Set(found.map(({ lower }) => lower))).toEqual(new Set(["vili.σ@quay.gr", "kvili"]));
  for (const spelling of spellings.slice(0, 4))
    for (let time = 0; time < 3; time += 1) await limits.tryAs(spelling, ownerAddress);
  for (const spelling of spellings.slice(0, 4)) expect(await limits.tryAs(spelling, ownerAddress)).toBe(600);
});

test("a successful sign-in resets the network's failed attempts at this name only", async ({ limits }) => {
  for (const name of ["ada", "bob"]) for (let time = 0; time < 10; time += 1) await limits.tryAs(name, ownerAddress);
  await limits.recordSuccess("ada", ownerAddress);
  expect(await limits.tryAs("ada", ownerAddress)).toBe(0);
  expect(await limits.tryAs("bob", ownerAddress)).toBe(600);
});

test("one network has a hundred attempts at all names together, and other networks are not affected", async ({
  limits,
}) => {
  for (let time = 0; time < 100; time += 1) expect(await limits.tryAs(`name${time}`, ownerAddress)).toBe(0);
  expect(await limits.tryAs("bob", ownerAddress)).toBe(600);
  expect(await limits.tryAs("bob", network(1))).toBe(0);
});

test("an IPv6 /64, /56 and /48 have at most 10, 40 and 160 attempts at a name", async ({ limits }) => {
  const allowedAttempts = async (address: (index: number) => string): Promise<number> => {
    let count = 0;
    for (let index = 0; index < 200; index += 1) if ((await limits.tryAs(`name`, address(index))) === 0) count += 1;
    return count;
  };
  expect(await allowedAttempts((index) => `2001:db8:1:2::${index.toString(16)}`)).toBe(10);
  await limits.wait(24 * 3600);
  expect(await allowedAttempts((index) => `2001:db8:2:${(index % 256).toString(16)}::1`)).toBeLessThanOrEqual(40);
  await limits.wait(24 * 3600);
  expect(await allowedAttempts((index) => `2001:db8:3:${(index * 256).toString(16)}::1`)).toBeLessThanOrEqual(160);
});
