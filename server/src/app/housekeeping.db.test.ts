import { expect } from "vitest";
import { insertMail } from "#portal/mails/index.ts";
import { buildProvider } from "../../test/support/build-webhooks.ts";
import { HandDrivenClock } from "../../test/support/hand-driven-clock.ts";
import { test } from "../../test/support/test.ts";
import { until } from "../../test/support/until.ts";
import { providerUrls } from "./addresses.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { createLogger } from "#platform/logger.ts";

test("expired rows are deleted a minute after the start, so that restarts within the hour keep nothing for ever", async ({
  database: pool,
}) => {
  const mail = { recipient: "nora@fjord.example", subject: "Welcome", text: "Hello" };
  const providerId = await buildProvider(pool);
  const createdAt = new Date(Date.now() - 40 * 86_400_000);
  await pool.inTransaction((tx) => insertMail(tx, providerId, mail, createdAt));
  const clock = new HandDrivenClock();
  await using _housekeeping = startHousekeeping({
    pool,
    clock,
    log: createLogger("silent"),
    urls: providerUrls("http://localhost:3000", undefined),
    retentionDays: 30,
    auditRetentionDays: 730,
    statisticsDays: 400,
    heldQuota: { rowsMax: 1_000_000, daysMax: 90 },
  });
  await clock.advance(60_000);
  await until(async () => (await pool.query("select from mails")).length === 0);
  expect(clock.monotonicMs()).toBe(60_000);
});
