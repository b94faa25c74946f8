import { expect } from "vitest";
import { type ChangeContext, DeveloperLimitReached, developerUsageOf } from "#access/index.ts";
import { Caches, type Pool } from "#platform/database/database.ts";
import { developerLimits } from "#platform/limits.ts";
import { updateAccount } from "#portal/accounts/index.ts";
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
