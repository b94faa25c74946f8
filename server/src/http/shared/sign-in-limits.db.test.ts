import { expect } from "vitest";
import { attemptLimits } from "#platform/limits.ts";
import { test as base } from "../../../test/support/test.ts";
import { createSignInLimits } from "./sign-in-limits.ts";

let providers = 0;

/** Limits of a provider that no other test has tried anything at, in two processes. */
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

const owners = "203.0.113.7";
const network = (place: number): string => `198.51.${Math.floor(place / 250)}.${place % 250}`;

/** Attempts that were let through when each of so many networks tries a name so many times. */
async function guesses({ tryAs }: Limits, networks: number, times: number): Promise<number> {
  let made = 0;
  for (let time = 0; time < times; time += 1)
    for (let place = 0; place < networks; place += 1) if ((await tryAs("ada", network(place))) === 0) made += 1;
  return made;
}

test("strangers from many networks do not keep the owner out, at home or on the way", async ({ limits }) => {
  await guesses(limits, 30, 5);
  expect(await limits.tryAs("ada", network(0))).toBeGreaterThan(0);
  expect(await limits.tryAs("Ada", owners)).toBe(0);
  expect(await limits.tryAs("ada", owners)).toBe(0);
  expect(await limits.tryAs("ada", network(0), "known")).toBe(0);
});

test("strangers at the owner's own network do not lock out a device that has signed in before", async ({ limits }) => {
  for (let time = 0; time < 12; time += 1) await limits.tryAs("ada", owners);
  expect(await limits.tryAs("ada", owners)).toBe(600);
  for (let time = 0; time < 10; time += 1) expect(await limits.tryAs("ada", owners, "laptop")).toBe(0);
  expect(await limits.tryAs("ada", owners, "laptop")).toBe(600);
  await limits.recordSuccess("ada", owners, "laptop");
  expect(await limits.tryAs("ada", owners, "laptop")).toBe(0);
});

test("one network makes a hundred guesses at a name in a day, in whichever process", async ({ limits }) => {
  let made = 0;
  for (let tenMinutes = 0; tenMinutes < 143; tenMinutes += 1) {
    for (let time = 0; time < 11; time += 1) if ((await limits.tryAs("ada", owners)) === 0) made += 1;
    await limits.wait(600);
  }
  expect(made).toBe(100);
});

test("n networks make no more than three guesses each and a thousand together in a day", async ({ limits }) => {
  const networks = 40;
  let made = 0;
  for (let minute = 0; minute < 70; minute += 1) {
    made += await guesses(limits, networks, minute === 0 ? 3 : 1);
    await limits.wait(60);
  }
  expect(made).toBeGreaterThan(attemptLimits.signInsOfNameADay.max / 2);
  expect(made).toBeLessThanOrEqual(3 * networks + attemptLimits.signInsOfNameADay.max);
});

test("a hundred attempts at once are a hundred", async ({ limits }) => {
  const waits = await Promise.all(Array.from({ length: 100 }, () => limits.tryAs("ada", owners)));
  expect(waits.filter((seconds) => seconds === 0)).toHaveLength(10);
});

test("a success forgets wrong passwords that the network typed before", async ({ limits }) => {
  for (let time = 0; time < 10; time += 1) await limits.tryAs("ada", owners);
  await limits.recordSuccess("ada", owners);
  expect(await limits.tryAs("ada", owners)).toBe(0);
});

test("one network tries a hundred times in all, and another is not refused for it", async ({ limits }) => {
  for (let time = 0; time < 100; time += 1) expect(await limits.tryAs(`name${time}`, owners)).toBe(0);
  expect(await limits.tryAs("bob", owners)).toBe(600);
  expect(await limits.tryAs("bob", network(1))).toBe(0);
});

test("an IPv6 /64, /56 and /48 have 10, 40 and 160 attempts at a name", async ({ limits }) => {
  const made = async (address: (place: number) => string): Promise<number> => {
    let count = 0;
    for (let place = 0; place < 200; place += 1) if ((await limits.tryAs(`name`, address(place))) === 0) count += 1;
    return count;
  };
  expect(await made((place) => `2001:db8:1:2::${place.toString(16)}`)).toBe(10);
  await limits.wait(24 * 3600);
  expect(await made((place) => `2001:db8:2:${(place % 256).toString(16)}::1`)).toBeLessThanOrEqual(40);
  await limits.wait(24 * 3600);
  expect(await made((place) => `2001:db8:3:${(place * 256).toString(16)}::1`)).toBeLessThanOrEqual(160);
});
