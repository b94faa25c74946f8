import { expect, test } from "vitest";
import { hashPassword } from "./hash-password.ts";
import { ownersOfPassword } from "./owners-of-password.ts";

const by = { providerId: 1 };

test("of two whom a login may mean, each is found by the password of their own", async () => {
  const [one, other, without] = [
    { name: "one", passwordHash: await hashPassword("correct horse", by) },
    { name: "other", passwordHash: await hashPassword("another horse", by) },
    { name: "without", passwordHash: null },
  ];
  expect(await ownersOfPassword([one, other], "correct horse", by)).toEqual([one]);
  expect(await ownersOfPassword([one, other], "another horse", by)).toEqual([other]);
  expect(await ownersOfPassword([without, other], "another horse", by)).toEqual([other]);
  expect(await ownersOfPassword([one, other], "no horse", by)).toEqual([]);
  expect(await ownersOfPassword([], "correct horse", by)).toEqual([]);
});
