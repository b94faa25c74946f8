import { expect } from "vitest";
import { type ChangeContext, DeveloperLimitReached, developerUsageOf } from "#access/index.ts";
import { Caches, type Pool } from "#platform/database/database.ts";
import { developerLimits } from "#platform/limits.ts";
import { updateAccount } from "#portal/accounts/index.ts";
import { updateApplication } from "#portal/applications/index.ts";
import { inviteUser } from "#portal/users/index.ts";
import { byToken, setUp, signUp } from "../portal/portal-fixture.ts";
import { test } from "../support/test.ts";

const { recorded } = developerLimits;

const setMax = (pool: Pool, providerId: number, max: number): Promise<unknown> =>
  pool.query("update providers set limits = jsonb_build_object($2::text, $3::integer) where id = $1", [
    providerId,
    recorded.name,
    max,
  ]);

test("programs and admins change accounts although developers have used up their limit", async ({
  database: pool,
  clock,
}) => {
  const { provider } = await setUp(pool);
  const { details } = await signUp(pool, { provider, by: byToken, now: clock.now() });
  await setMax(pool, provider.id, 0);
  await developerUsageOf(pool, provider.id).share({ pool, clock });
  const change = (actor: ChangeContext["actor"], orgName: string) =>
    updateAccount(pool, {
      provider,
      accountId: details.account.id,
      by: { actor, channel: "api", now: clock.now() },
      writer: "developer",
      values: { org_name: orgName },
    });
  const refused = await change({ kind: "developer", userId: 1 }, "Quay").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DeveloperLimitReached);
  const actors = [{ kind: "admin", userId: 1 }, { kind: "token", userId: 1 }, { kind: "key" }] as const;
  for (const actor of actors) expect(await change(actor, actor.kind)).toMatchObject({ details: {} });
});

test("processes share the counts of developers, and each exceeds a limit by a 64th at most", async ({
  database: pool,
  clock,
}) => {
  const { provider } = await setUp(pool);
  const processes = [new Caches(), new Caches()].map((caches) => {
    const usage = developerUsageOf({ caches }, provider.id);
    return {
      change: async (kib: number) => {
        await usage.share({ pool, clock });
        usage.requireLeft(clock.now(), [recorded]);
        usage.add(clock.now(), [recorded], kib);
      },
      used: () => usage.read(recorded, clock.now()).used,
    };
  });
  await setMax(pool, provider.id, 640);
  const [one, two] = processes;
  if (!one || !two) throw new Error("There are no two processes.");
  let changes = 0;
  const isAccepted = (each: Promise<void>): Promise<boolean> => each.then(() => true).catch(() => false);
  for (let open = true; open;) {
    open = false;
    for (const { change } of processes) {
      if (!(await isAccepted(change(1)))) continue;
      open = true;
      changes += 1;
    }
  }
  expect(changes).toBeGreaterThanOrEqual(640);
  expect(changes).toBeLessThanOrEqual(640 + 2 * 10);

  await clock.advance(5000);
  expect(await isAccepted(two.change(1))).toBe(false);
  expect(await isAccepted(one.change(1))).toBe(false);
  expect(one.used()).toBe(changes);
  await clock.advance(recorded.windowSeconds * 1000);
  expect(await isAccepted(one.change(1))).toBe(true);
});

test("mails and previous values of developers count, and mails of admins do not", async ({ database: pool, clock }) => {
  const { provider } = await setUp(pool);
  const { details, applications } = await signUp(pool, { provider, by: byToken, now: clock.now() });
  const developer = { kind: "developer", userId: 1 } as const;
  const change = (actor: ChangeContext["actor"]) =>
    ({ provider, accountId: details.account.id, by: { actor, channel: "api", now: clock.now() } }) as const;
  const usedBy = async (work: Promise<unknown>): Promise<number> => {
    const read = (): number => developerUsageOf(pool, provider.id).read(recorded, clock.now()).used;
    const before = read();
    await work;
    return read() - before;
  };
  const invite = (actor: ChangeContext["actor"], email: string) =>
    inviteUser(pool, { ...change(actor), email, urlOf: (code) => code });
  expect(await usedBy(invite({ kind: "admin", userId: 1 }, "a@fjord.example"))).toBe(0);
  expect(await usedBy(invite(developer, "b@fjord.example"))).toBe(2);

  const describe = (description: string) =>
    updateApplication(pool, {
      ...change(developer),
      applicationId: applications[0]?.id ?? 0,
      writer: "developer",
      values: { description },
    });
  const first = await usedBy(describe("a".repeat(9000)));
  expect(await usedBy(describe("b".repeat(9000)))).toBeGreaterThanOrEqual(first + 8);

  await setMax(pool, provider.id, 1);
  await developerUsageOf(pool, provider.id).share({ pool, clock });
  await clock.advance(5000);
  await developerUsageOf(pool, provider.id).share({ pool, clock });
  await expect(invite(developer, "c@fjord.example")).rejects.toThrow(DeveloperLimitReached);
  await invite({ kind: "admin", userId: 1 }, "c@fjord.example");
});
