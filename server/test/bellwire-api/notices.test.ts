import { expect } from "vitest";
import { test } from "./bellwire-api-test.ts";

test("a failover's notice lasts a day, and a restore's until the held deliveries are resumed", async ({
  api,
  clock,
}) => {
  const { pool } = api;
  const notices = async () => (await api.call("GET", "/notices")).json().data;
  expect(await notices()).toEqual([]);
  await pool.query(
    `insert into database_switches (at, cluster, timeline, kind, held_at)
     values ($1, 1, 2, 'timeline', now()), ($1::timestamptz - interval '25 hours', 1, 1, 'timeline', null)`,
    [clock.now()],
  );
  expect(await notices()).toMatchObject([{ kind: "held_after_restore", until: null }, { kind: "changes_may_be_lost" }]);
  await pool.query("update database_switches set resumed_at = now(), at = at - interval '24 hours'");
  expect(await notices()).toEqual([]);
});
