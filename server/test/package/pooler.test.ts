import { expect, test } from "vitest";
import { hasPooler, startPooler } from "../support/start-pooler.ts";
import { findWholePostgres } from "../support/postgres-programs.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import { startThrowAwayPostgres } from "../support/throw-away-postgres.ts";
import { runFailoverDrill } from "./failover-drill.ts";
import { verifyDelivery, settingsFor } from "./verify-delivery.ts";

const timeout = 300_000;

test(
  "sign-ups are delivered and listed behind PgBouncer in transaction mode, with fewer server connections than processes",
  { timeout },
  async (context) => {
    if (!hasPooler()) return context.skip("pgbouncer is not installed");
    await using postgres = await startThrowAwayPostgres();
    const directUrl = postgres.urlOf("postgres");
    await using pooler = await startPooler({ url: directUrl, mode: "transaction", size: 3 });
    await verifyDelivery(settingsFor(pooler.url, directUrl));

    await using refused = new BellwireProcess(["serve"], settingsFor(pooler.url));
    expect(await refused.ended).toBe(1);
    expect(refused.stderr).toContain("Set BELLWIRE_DATABASE_DIRECT_URL to the same database without the pooler");
  },
);

test(
  "a failover behind PgBouncer loses and repeats nothing, and is detected on existing connections",
  { timeout },
  async (context) => {
    const programs = await findWholePostgres(18);
    if ("missing" in programs) return context.skip(programs.missing);
    if (!hasPooler()) return context.skip("pgbouncer is not installed");
    const options = { rounds: 2, standby: "synchronous", isPooled: true, printStatus: () => undefined } as const;
    const report = await runFailoverDrill({ ...options, ...programs });
    expect(report.problems).toEqual([]);
    for (const { firstDelivery, backlogUntil } of report.rounds) {
      expect(Math.max(firstDelivery, backlogUntil)).toBeLessThan(15);
    }
    expect(report).toMatchObject({ logged: 2, switches: 2 });
  },
);
