import { join } from "node:path";
import { expect } from "vitest";
import { systemClock } from "#platform/clock/clock.ts";
import { openDatabaseLine } from "../../../test/support/database-line.ts";
import { test } from "../../../test/support/test.ts";
import { schema } from "../../../test/support/test-databases.ts";
import { until } from "../../../test/support/until.ts";
import { troubleOf } from "./database-trouble.ts";
import { impatientPool } from "./impatient-pool.ts";
import { openPool } from "./open-pool.ts";

/** A line to the test's database, and how to connect over it. */
async function openLine(databaseUrl: string) {
  const url = new URL(databaseUrl.replace("@/", "@localhost/")); // a socket has no host
  const line = await openDatabaseLine(join(url.searchParams.get("host") ?? "", `.s.PGSQL.${url.port || "5432"}`));
  url.host = `127.0.0.1:${line.port}`;
  url.searchParams.delete("host");
  return { line, connectionString: url.href };
}

test("connections that have gone silent for ever are given up, and new ones work", async ({ databaseUrl }) => {
  const { line, connectionString } = await openLine(databaseUrl);
  await using _line = line;
  await using pool = await openPool({ connectionString, schema, max: 2, answerTimeoutMs: 300 });
  await Promise.all([pool.query("select pg_sleep(0.1)"), pool.query("select pg_sleep(0.1)")]); // both are open now
  line.silence();
  const asked = [pool.inTransaction((tx) => tx.query("select 1")), pool.inTransaction((tx) => tx.query("select 1"))];
  for (const outcome of await Promise.allSettled(asked)) {
    expect(outcome).toMatchObject({ status: "rejected" });
    expect(troubleOf("reason" in outcome ? outcome.reason : undefined)).toBe("away");
  }
  line.speak({ forgets: true });
  const again = ["select 1 as one", "select 1 as one", "select 1 as one"];
  expect(await Promise.all(again.map((text) => pool.query(text)))).toEqual(again.map(() => [{ one: 1 }]));
});

test("hints come again over a new line, when the old one has gone silent", async ({ database, databaseUrl }) => {
  const { line, connectionString } = await openLine(databaseUrl);
  await using _line = line;
  await using pool = await openPool({ connectionString, schema, answerTimeoutMs: 300 });
  const heard: string[] = [];
  let opened = 0;
  pool.onHint("due", (values) => (values.length === 0 ? (opened += 1) : heard.push(...values)));
  await until(() => opened === 1);
  line.silence();
  line.speak({ forgets: true });
  await until(() => opened === 2);
  await database.inTransaction(async (tx) => tx.hintAfterCommit("due", "41"));
  await until(() => heard.includes("41"));
});

test("who is impatient hears in time that there is no answer", async ({ database }) => {
  const impatient = impatientPool(database, systemClock, 100);
  expect(await impatient.query("select 1 as one")).toEqual([{ one: 1 }]);
  const late: unknown = await impatient.query("select pg_sleep(1)").catch((error: unknown) => error);
  expect(troubleOf(late)).toBe("away");
});
