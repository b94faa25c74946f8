import { expect, test } from "vitest";
import { hashPassword, verifyPassword } from "./hash-password.ts";

test("a password is kept as argon2id with OWASP's parameters, which the hash names", async () => {
  expect(await hashPassword("correct horse")).toMatch(
    /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
  );
});

test("the same password twice makes two hashes, and each knows it", async () => {
  const [one, other] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
  expect(one).not.toBe(other);
  expect(await verifyPassword(one, "correct horse")).toBe(true);
  expect(await verifyPassword(other, "correct horse")).toBe(true);
});

test("another password does not fit", async () => {
  const hash = await hashPassword("correct horse");
  expect(await verifyPassword(hash, "correct horsE")).toBe(false);
  expect(await verifyPassword(hash, "")).toBe(false);
});

test("one spelling of é is as good as the other", async () => {
  expect(await verifyPassword(await hashPassword("caf\u00e9 au lait"), "cafe\u0301 au lait")).toBe(true);
});

test("a hash that another program made with other parameters is understood", async () => {
  // From the tests of Argon2's reference implementation.
  const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  expect(await verifyPassword(hash, "password")).toBe(true);
});

test.each([
  ["none, of an unknown user", undefined],
  ["null, of a user without a password", null],
  ["empty", ""],
  ["not a hash", "password"],
  ["of another algorithm", "$2b$12$abcdefghijklmnopqrstuv"],
  ["that asks for all memory", "$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG"],
])("no password fits a hash that is %s", async (_, hash) => {
  expect(await verifyPassword(hash, "password")).toBe(false);
});

test("an unknown user costs what a wrong password costs", async () => {
  const hash = await hashPassword("correct horse");
  const fastest = { wrong: Infinity, unknown: Infinity };
  for (let round = 0; round < 7; round += 1) {
    fastest.wrong = Math.min(fastest.wrong, await msOf(() => verifyPassword(hash, "wrong")));
    fastest.unknown = Math.min(fastest.unknown, await msOf(() => verifyPassword(undefined, "wrong")));
  }
  // Without a hash of its own it would be a thousandth. No machine is so busy that the fastest of seven differ by five.
  expect(fastest.unknown / fastest.wrong).toBeGreaterThan(0.2);
  expect(fastest.unknown / fastest.wrong).toBeLessThan(5);
});

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
