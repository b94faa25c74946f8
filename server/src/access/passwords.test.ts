import { expect, test } from "vitest";
import { QueueFull } from "#platform/fair-queue.ts";
import { createPasswordHasher, filterByPassword, standardCost } from "./credentials.ts";

const passwords = createPasswordHasher(standardCost);

/** A hasher for tests of turns: the same concurrency, but each hash takes a tenth of a millisecond. */
const cheap = createPasswordHasher({ memoryKiB: 8, passes: 1, parallelism: 1 });

/** For tests of order: on a busy machine, one thread may wait while another does all of the cheapest hashes, which take 5 ms together. */
const costly = createPasswordHasher({ memoryKiB: 4096, passes: 1, parallelism: 1 });

const by = { providerId: 1 };

test("a password hash is argon2id with OWASP's parameters", async () => {
  expect(await passwords.hash("correct horse", by)).toMatch(
    /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
  );
});

test("two hashes of one password differ, and the password matches both", async () => {
  const [one, other] = await Promise.all([passwords.hash("correct horse", by), passwords.hash("correct horse", by)]);
  expect(one).not.toBe(other);
  expect(await passwords.verify(one, "correct horse", by)).toBe(true);
  expect(await passwords.verify(other, "correct horse", by)).toBe(true);
});

test("another password does not match a hash", async () => {
  const hash = await passwords.hash("correct horse", by);
  expect(await passwords.verify(hash, "correct horsE", by)).toBe(false);
  expect(await passwords.verify(hash, "", by)).toBe(false);
});

test("composed and decomposed forms of é in a password match the same hash", async () => {
  expect(await passwords.verify(await passwords.hash("caf\u00e9 au lait", by), "cafe\u0301 au lait", by)).toBe(true);
});

test("a text that is longer than any password is refused without the seconds that its accents would take", async () => {
  const longest = "x".repeat(1000);
  expect(await cheap.verify(await cheap.hash(longest, by), longest, by)).toBe(true);
  const accents = `${longest}${"\u0345".repeat(10_000)}${"\u0316".repeat(10_000)}`;
  const before = process.threadCpuUsage();
  expect(await cheap.verify(await cheap.hash(longest, by), accents, by)).toBe(false);
  await expect(cheap.hash(accents, by)).rejects.toThrow("too long");
  expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(200);
});

test("a hash of another program with other parameters is verified", async () => {
  // From the tests of Argon2's reference implementation.
  const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  expect(await passwords.verify(hash, "password", by)).toBe(true);
});

test.each([
  ["undefined, as for an unknown user", undefined],
  ["null, as for a user without a password", null],
  ["empty", ""],
  ["not a hash", "password"],
  ["of another algorithm", "$2b$12$abcdefghijklmnopqrstuv"],
  ["of excessive memory cost", "$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG"],
])("no password matches a hash that is %s", async (_, hash) => {
  expect(await passwords.verify(hash, "password", by)).toBe(false);
});

test("a flood of sign-ins at one provider is limited, and does not delay another provider's admin", async () => {
  const ended: string[] = [];
  const check = (name: string, providerId: number, address: string): Promise<unknown> =>
    cheap.verify(undefined, "wrong", { providerId, address }).then(
      () => ended.push(name),
      (error: unknown) => {
        if (!(error instanceof QueueFull)) throw error;
        ended.push("refused");
      },
    );
  const flood = Array.from({ length: 200 }, (_, index) => check("flood", 1, `198.51.100.${index}`));
  await Promise.all([...flood, check("neighbour", 2, "203.0.113.7")]);
  expect(ended.filter((result) => result === "refused").length).toBeGreaterThan(160);
  // The neighbour starts fourth. Two hashes run at once, and a busy machine may finish several of the flood first; without turns
  // the neighbour would be refused or finish after all 34.
  const accepted = ended.filter((result) => result !== "refused");
  expect(accepted).toContain("neighbour");
  expect(accepted.indexOf("neighbour")).toBeLessThanOrEqual(12);
});

test("a flood of sign-ins from other networks does not delay a known device", async () => {
  const ended: string[] = [];
  const from = (address: string) => ({ providerId: 1, address });
  const flood = Array.from({ length: 20 }, async (_, index) => {
    await costly.verify(undefined, "wrong", from(`198.51.100.${index}`));
    ended.push("flood");
  });
  const owner = async (): Promise<void> => {
    await costly.verify(undefined, "right", { ...from("203.0.113.7"), isKnownDevice: true });
    ended.push("owner");
  };
  await Promise.all([...flood, owner()]);
  // The owner starts third or fourth of 21; the limit allows for hashes that finish first on a busy machine.
  expect(ended.indexOf("owner")).toBeLessThanOrEqual(12);
});

test("verifying an unknown user takes as long as verifying a wrong password", async () => {
  const hash = await passwords.hash("correct horse", by);
  const fastest = { wrong: Infinity, unknown: Infinity };
  for (let round = 0; round < 7; round += 1) {
    fastest.wrong = Math.min(fastest.wrong, await msOf(() => passwords.verify(hash, "wrong", by)));
    fastest.unknown = Math.min(fastest.unknown, await msOf(() => passwords.verify(undefined, "wrong", by)));
  }
  // Without hashing, the ratio would be a thousandth. The fastest of seven differ by less than five on any busy machine.
  expect(fastest.unknown / fastest.wrong).toBeGreaterThan(0.2);
  expect(fastest.unknown / fastest.wrong).toBeLessThan(5);
});

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const requester = { providerId: 1 };

test("among several users of one login, only those with the entered password are returned", async () => {
  const [one, other, without] = [
    { name: "one", passwordHash: await cheap.hash("correct horse", requester) },
    { name: "other", passwordHash: await cheap.hash("another horse", requester) },
    { name: "without", passwordHash: null },
  ];
  expect(await filterByPassword(cheap, [one, other], "correct horse", requester)).toEqual([one]);
  expect(await filterByPassword(cheap, [one, other], "another horse", requester)).toEqual([other]);
  expect(await filterByPassword(cheap, [without, other], "another horse", requester)).toEqual([other]);
  expect(await filterByPassword(cheap, [one, other], "no horse", requester)).toEqual([]);
  expect(await filterByPassword(cheap, [], "correct horse", requester)).toEqual([]);
});

test("known devices of one network do not delay signed-in users of their provider", async () => {
  const ended: string[] = [];
  const check = async (name: string, address?: string): Promise<unknown> =>
    costly
      .verify(undefined, "wrong", { providerId: 1, isKnownDevice: true, ...(address !== undefined && { address }) })
      .then(() => ended.push(name));
  const devices = Array.from({ length: 32 }, () => check("device", "198.51.100.1"));
  await Promise.all([...devices, check("signed in")]);
  // It starts fourth, and two run at once. Without a group of its own it would start last, and end last or last but one. Between the two,
  // a busy machine may keep its thread waiting while the other one works on.
  expect(ended.indexOf("signed in")).toBeLessThanOrEqual(28);
});
