import { expect, test } from "vitest";
import { findWholePostgres } from "../support/postgres-programs.ts";
import { runFailoverDrill } from "./failover-drill.ts";

const timeout = 300_000;

test(
  "a synchronous failover under load loses no acknowledged change, and repeats no delivery without a cause",
  { timeout },
  async (context) => {
    const programs = await findWholePostgres(18);
    if ("missing" in programs) return context.skip(programs.missing);
    const report = await runFailoverDrill({
      rounds: 2,
      standby: "synchronous",
      ...programs,
      printStatus: () => undefined,
    });
    expect(report.problems).toEqual([]);
    expect(report.rounds.map(({ lost }) => lost)).toEqual([0, 0]);
    for (const { firstChange, stuckUntil, firstDelivery, backlogUntil } of report.rounds) {
      expect(Math.max(firstChange, stuckUntil)).toBeLessThan(5);
      expect(Math.max(firstDelivery, backlogUntil)).toBeLessThan(15);
    }
    expect(report).toMatchObject({ logged: 2, switches: 2, sentOfLost: 0 });
    expect(report.readiness).toContain("the database resumed from an earlier state");
  },
);

test(
  "an asynchronous failover loses only changes after the standby's last one, and reuses no number",
  { timeout },
  async (context) => {
    const programs = await findWholePostgres(16);
    if ("missing" in programs) return context.skip(programs.missing);
    const report = await runFailoverDrill({
      rounds: 1,
      standby: "asynchronous",
      ...programs,
      printStatus: () => undefined,
    });
    expect(report.problems).toEqual([]);
    expect(report.rounds[0]?.lost).toBeGreaterThan(0);
    expect(report).toMatchObject({ logged: 1, switches: 1 });
    expect(report.readiness).toContain("changes may be lost");
  },
);
