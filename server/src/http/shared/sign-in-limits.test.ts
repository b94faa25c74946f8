import { expect, test } from "vitest";
import { createSignInLimits } from "./sign-in-limits.ts";

function limitsWithClock() {
  let nowMs = 0;
  const limits = createSignInLimits({ monotonicMs: () => nowMs });
  const tryAs = (login: string, address: string): number => limits.secondsToWait({ providerId: 1, login, address });
  const letIn = (login: string, address: string): void => limits.letIn({ providerId: 1, login, address });
  return { tryAs, letIn, wait: (seconds: number) => void (nowMs += seconds * 1000) };
}

const owners = "203.0.113.7";
const others = (count: number): string[] => Array.from({ length: count }, (_, place) => `198.51.100.${place}`);

test("many networks together try one name for a while only, and its owner waits a minute at most", () => {
  const { tryAs, wait } = limitsWithClock();
  for (const address of others(20)) expect(tryAs("ada", address)).toBe(0);
  expect(tryAs("ADA", "198.51.100.99")).toBe(60);
  expect(tryAs("bob", "198.51.100.99")).toBe(0);
  expect(tryAs("ada", owners)).toBe(60);
  wait(60);
  expect(tryAs("ada", owners)).toBe(0);
});

test("nobody else locks out an owner who has signed in from the same network before", () => {
  const { tryAs, letIn } = limitsWithClock();
  tryAs("ada", owners);
  letIn("ada", owners);
  for (const address of others(30)) tryAs("ada", address);
  expect(tryAs("ada", "198.51.100.99")).toBe(60);
  expect(tryAs("ada", owners)).toBe(0);
});

test("one network tries ten passwords for a name, and a hundred times in all", () => {
  const { tryAs } = limitsWithClock();
  for (let time = 0; time < 10; time += 1) expect(tryAs("ada", owners)).toBe(0);
  expect(tryAs("ada", owners)).toBe(600);
  for (let time = 0; time < 89; time += 1) expect(tryAs(`name${time}`, owners)).toBe(0);
  expect(tryAs("bob", owners)).toBe(600);
  expect(tryAs("bob", "198.51.100.1")).toBe(0);
});

test("one network cannot use up the attempts that a name has", () => {
  const { tryAs } = limitsWithClock();
  for (let time = 0; time < 100; time += 1) tryAs("ada", "198.51.100.1");
  expect(tryAs("ada", owners)).toBe(0);
});

test("the addresses of one /64 are one network", () => {
  const { tryAs } = limitsWithClock();
  for (let time = 0; time < 10; time += 1) expect(tryAs("ada", `2001:db8:1:2::${time}`)).toBe(0);
  expect(tryAs("ada", "2001:db8:1:2:ffff::1")).toBe(600);
  expect(tryAs("ada", "2001:db8:1:3::1")).toBe(0);
});
