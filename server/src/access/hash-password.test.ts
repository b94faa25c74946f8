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
  const wrong = await medianMs(() => verifyPassword(hash, "wrong"));
  const unknown = await medianMs(() => verifyPassword(undefined, "wrong"));
  expect(unknown / wrong).toBeGreaterThan(0.5);
  expect(unknown / wrong).toBeLessThan(2);
});

async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let run = 0; run < 7; run += 1) {
    const startedAt = performance.now();
    await work();
    taken.push(performance.now() - startedAt);
  }
  return taken.toSorted((a, b) => a - b)[3] ?? 0;
}
