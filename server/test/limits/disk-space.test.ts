import { expect } from "vitest";
import { problemOfError } from "#http/shared/problem.ts";
import { DiskSpace, diskSpaceOf } from "#platform/database/database.ts";
import { diskLimits } from "#platform/limits.ts";
import { changeAccountState, deleteAccount, updateAccount } from "#portal/accounts/index.ts";
import { deleteApplication, updateApplication } from "#portal/applications/index.ts";
import { createUser, deleteUser, suspendUser } from "#portal/users/index.ts";
import { byForm, form, signUp, signedUp } from "../portal/portal-fixture.ts";
import { passwords } from "../support/passwords.ts";
import { test } from "../support/test.ts";

const mebibyte = 1024 ** 2;

test("the reserve is a twentieth of a disk, within its bounds, and changes return with a quarter more", () => {
  const { min, max } = diskLimits.reserved;
  for (const [size, reserve] of [
    [100 * mebibyte, min],
    [10_240 * mebibyte, 512 * mebibyte],
    [1024 ** 4, max],
  ] as const) {
    const space = new DiskSpace();
    const isLow = (free: number): boolean => {
      space.measure(free, size);
      return space.isLow;
    };
    expect([isLow(reserve), isLow(reserve - 1), isLow(reserve), isLow(reserve * 1.25)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
  }
});

test("a nearly full disk refuses each change that adds, and none that deletes or suspends", async ({
  database: pool,
}) => {
  const change = await signedUp(pool);
  const { provider, accountId, by } = change;
  const person = (name: string) => ({
    username: name,
    email: `${name}@fjord.example`,
    password: "correct horse battery",
  });
  const add = (name: string) => createUser(pool, passwords, { provider, accountId, by, values: person(name) });
  const [first, second] = [await add("first"), await add("second")];
  if (!first || !second || "refused" in first || "refused" in second) throw new Error("No users were created.");
  const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.catch((error: unknown) => (error instanceof Error ? problemOfError(error).code : error));
  const countEvents = async () => (await pool.query("select from events")).length;
  const before = await countEvents();

  diskSpaceOf(pool).measure(1, 1024 ** 4);
  const other = { ...form, org_name: "Quay", username: "other", email: "other@quay.example" };
  const adding = [
    () => signUp(pool, { provider, by: byForm, values: other }),
    () => add("third"),
    () => updateAccount(pool, { provider, accountId, by, writer: "program", values: { org_name: "Quay" } }),
    () => updateApplication(pool, { ...change, writer: "program", values: { name: "Quay" } }),
  ];
  for (const work of adding) expect(await outcomeOf(work())).toBe("database-full");
  expect(await countEvents()).toBe(before);

  const ending = [
    () => suspendUser(pool, { provider, accountId, userId: first.user.id, by }),
    () => deleteUser(pool, { provider, accountId, userId: second.user.id, by }),
    () => changeAccountState(pool, { provider, accountId, by, logInUrl: "", transition: "suspend" }),
    () => deleteApplication(pool, { ...change, writer: "program" }),
    () => deleteAccount(pool, { provider, accountId, by }),
  ];
  for (const end of ending) expect(typeof (await outcomeOf(end()))).toBe("object");
  expect(await countEvents()).toBeGreaterThanOrEqual(before + ending.length);
});
