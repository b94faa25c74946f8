import { expect, test } from "vitest";
import { hashPassword } from "./hash-password.ts";
import { ownersOfPassword } from "./owners-of-password.ts";

test("of two whom a login may mean, each is found by the password of their own", async () => {
  const [one, other, without] = [
    { name: "one", passwordHash: await hashPassword("correct horse") },
    { name: "other", passwordHash: await hashPassword("another horse") },
    { name: "without", passwordHash: null },
  ];
  expect(await ownersOfPassword([one, other], "correct horse")).toEqual([one]);
  expect(await ownersOfPassword([one, other], "another horse")).toEqual([other]);
  expect(await ownersOfPassword([without, other], "another horse")).toEqual([other]);
  expect(await ownersOfPassword([one, other], "no horse")).toEqual([]);
  expect(await ownersOfPassword([], "correct horse")).toEqual([]);
});
