import { expect } from "vitest";
import {
  type AlertRuleInput,
  createAlertRule,
  deleteRulesOfDeletedEndpoints,
  evaluateAlerts,
  evaluateProvider,
  insertDefaultRules,
  listAlertRules,
  muteAlert,
  readEndpointReadings,
  updateAlertRule,
} from "#alerts/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { listMails } from "#portal/mails/index.ts";
import { retryFailures } from "#webhooks/deliveries/index.ts";
import { disableEndpoint } from "#webhooks/endpoints/index.ts";
import { followEvents, readEvent, sampleBody } from "#webhooks/events/index.ts";
import { bySystem, buildEndpoint, buildProvider, feedsAreComplete } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { failing, succeeding, exhausted, recovered, disabled, enabled, minuteMs, Scene } from "./scene.ts";

test("a success rate that flaps causes one mail, and its lasting recovery one", async ({ database }) => {
  const scene = await Scene.open(database);
  for (let minute = 0; minute < 12; minute += 1) {
    await scene.attempt(1, 9);
    await scene.evaluate();
  }
  expect(await scene.mails()).toEqual([failing]);
  expect(await scene.alerts(false)).toMatchObject([
    { kind: "success_rate", state: "open", endpointName: "crm", value: 0.1, threshold: 0.5 },
  ]);
  for (let minute = 0; minute < 30; minute += 1) {
    await scene.attempt(minute % 2 === 0 ? 10 : 4, minute % 2 === 0 ? 0 : 6); // between the two thresholds
    await scene.evaluate();
  }
  expect(await scene.mails()).toEqual([failing]);
  for (let minute = 0; minute < 30; minute += 1) {
    await scene.attempt(10, 0);
    await scene.evaluate();
  }
  expect(await scene.mails()).toEqual([failing, succeeding]);
  expect(await scene.alerts(false)).toEqual([]);
  expect(await scene.alerts(true)).toMatchObject([{ kind: "success_rate", state: "closed" }]);
});

test("few attempts, short problems and single failures cause no mail", async ({ database }) => {
  const scene = await Scene.open(database);
  await scene.attempt(0, 19); // one attempt fewer than the rule requires
  await scene.evaluate();
  await scene.evaluate(11);
  await scene.attempt(0, 30);
  await scene.evaluate();
  await scene.attempt(300, 0);
  await scene.evaluate();
  await scene.evaluate(12);
  await scene.attempt(0, 3000); // a new problem, although there was one ten minutes ago
  await scene.evaluate();
  expect(await scene.mails()).toEqual([]);
});

test("admins receive one mail when deliveries begin to fail, and one when they succeed again", async ({ database }) => {
  const scene = await Scene.open(database);
  await scene.end("delivered");
  await scene.evaluate();
  expect(await scene.mails()).toEqual([]);
  for (let failed = 0; failed < 3; failed += 1) {
    await scene.end("failed");
    await scene.evaluate();
  }
  expect(await scene.mails()).toEqual([exhausted]);
  await scene.end("delivered");
  await scene.evaluate();
  await scene.end("failed"); // within the five minutes that a recovery must last
  await scene.evaluate();
  expect(await scene.mails()).toEqual([exhausted]);
  await scene.end("delivered");
  await scene.evaluate();
  await scene.evaluate(6);
  expect(await scene.mails()).toEqual([exhausted, recovered]);
  await scene.end("failed");
  await scene.evaluate();
  const [last] = (await listMails(database, scene.providerId, { limit: 1 })).rows;
  expect(last?.text).toContain("https://crm.example/hook");
  expect(last?.text).toContain(".example/failures");
});

test("an alert about failures stays open while they are retried, and closes once the retries have succeeded", async ({
  database,
}) => {
  const scene = await Scene.open(database);
  await scene.end("failed");
  await database.query("delete from due");
  await scene.evaluate();
  expect(await retryFailures(database, { providerId: scene.providerId }, bySystem)).toBe(1);
  await scene.evaluate();
  await scene.evaluate(6);
  expect(await scene.mails()).toEqual([exhausted]);
  await database.query("delete from due");
  await database.query("update deliveries set state = 'delivered'");
  await scene.evaluate();
  await scene.evaluate(6);
  expect(await scene.mails()).toEqual([exhausted, recovered]);
});

test("admins receive the reason when an endpoint is disabled, and one mail for all alerts of an evaluation", async ({
  database,
}) => {
  const scene = await Scene.open(database);
  await disableEndpoint(database, { endpointId: scene.endpointId, version: 1 }, "No attempt has succeeded for 5 days.");
  await scene.evaluate();
  await scene.evaluate();
  expect(await scene.mails()).toEqual([disabled]);
  const [mail] = (await listMails(database, scene.providerId, { limit: 1 })).rows;
  expect(mail?.text).toContain("No attempt has succeeded for 5 days.");
  expect(mail?.text).toContain(`.example/endpoints/${scene.endpointId}`);
  await database.query(`update endpoints set state = 'enabled' where id = $1`, [scene.endpointId]);
  const other = await buildEndpoint(database, { providerId: scene.providerId, url: "https://bi.example", name: "bi" });
  await scene.end("failed", other);
  await scene.evaluate();
  expect(await scene.mails()).toEqual([disabled, "ada@acme.example alerts: 1 new, 1 closed"]);
  expect((await scene.alerts(true))[0]).toMatchObject({ kind: "disabled" });
  expect(enabled).toContain("enabled again");
});

test("an alert and its mail are one transaction: a crash loses neither, and repeats none", async ({ database }) => {
  const scene = await Scene.open(database);
  await scene.end("failed");
  const crash = new Error("the process died");
  const { providerId, now } = scene;
  const endpoints = await readEndpointReadings(database, { providerId, now, retentionDays: 30 });
  const evaluation = { providerId, now, endpoints, pageUrl: () => "https://acme.example/" };
  const crashed = database.inTransaction(async (tx) => {
    await evaluateProvider(tx, evaluation);
    throw crash;
  });
  await expect(crashed).rejects.toBe(crash);
  expect([await scene.mails(), await scene.alerts(false)]).toEqual([[], []]);
  await scene.evaluate();
  await scene.evaluate();
  expect(await scene.mails()).toEqual([exhausted]);
});

test("concurrent processes evaluate a provider once", async ({ database }) => {
  const scene = await Scene.open(database);
  await scene.end("failed");
  const needs = { pool: database, pageUrl: () => "https://acme.example/", retentionDays: 30 };
  await Promise.all([evaluateAlerts(needs), evaluateAlerts(needs), evaluateAlerts(needs)]);
  await evaluateAlerts(needs);
  expect(await scene.mails()).toEqual([exhausted]);
});

test("an evaluation leaves out a provider that another process evaluates, without a wait", async ({ database }) => {
  const scene = await Scene.open(database);
  await scene.end("failed");
  await insertDefaultRules(database);
  const needs = { pool: database, pageUrl: () => "https://acme.example/", retentionDays: 30 };
  const evaluated: Promise<unknown>[] = [];
  let hasEnded = false;
  let hasWaited = false;
  await database.inTransaction(async (tx) => {
    await tx.query("update alert_schedules set evaluated_at = clock_timestamp()");
    evaluated.push(evaluateAlerts(needs).finally(() => (hasEnded = true)));
    await until(async () => hasEnded || (hasWaited = (await countWaiting(database)) > 0));
  });
  await Promise.all(evaluated);
  expect([hasWaited, await scene.mails()]).toEqual([false, []]);
});

test("an evaluation leaves out a provider that another process has evaluated since it read the endpoints", async ({
  database,
}) => {
  const scene = await Scene.open(database);
  await scene.end("failed");
  const pool: Pool = {
    ...database,
    async query<Row>(statement: string, values?: readonly unknown[]) {
      const rows = await database.query<Row>(statement, values);
      if (statement.includes("as is_retrying"))
        await database.query("update alert_schedules set evaluated_at = clock_timestamp()");
      return rows;
    },
  };
  await evaluateAlerts({ pool, pageUrl: () => "https://acme.example/", retentionDays: 30 });
  expect(await scene.mails()).toEqual([]);
});

test("concurrent processes share the providers, instead of reading the endpoints of all in each", async ({
  database,
}) => {
  const read: unknown[] = [];
  const pool: Pool = {
    ...database,
    query(statement, values) {
      if (statement.includes("as is_retrying")) read.push(values?.[0]);
      return database.query(statement, values);
    },
  };
  for (let provider = 0; provider < 40; provider += 1) await buildProvider(database);
  await Promise.all([1, 2, 3].map(() => evaluateAlerts({ pool, pageUrl: (_, path) => path, retentionDays: 30 })));
  expect(new Set(read).size).toBe(40);
  expect(read.length).toBeLessThan(80); // all three would read 120
});

test("a muted alert sends no mail, and one muted for a time sends again afterwards", async ({ database }) => {
  const scene = await Scene.open(database);
  const mute = async (mutedUntil: Date | null): Promise<void> => {
    const [alert] = await scene.alerts(false);
    const change = { providerId: scene.providerId, id: alert?.id ?? 0, isMuted: true, until: mutedUntil };
    expect(await muteAlert(database, { ...change, ...bySystem })).toMatchObject({ isMuted: true });
  };
  await scene.end("failed");
  await scene.evaluate();
  await mute(new Date(scene.now.getTime() + 10 * minuteMs));
  await scene.evaluate(5);
  expect(await scene.mails()).toEqual([exhausted]);
  await scene.evaluate(6);
  await scene.evaluate();
  expect(await scene.mails()).toEqual([exhausted, exhausted]);
  await mute(null);
  await scene.end("delivered");
  await scene.evaluate();
  await scene.evaluate(6);
  expect(await scene.alerts(false)).toEqual([]);
  expect(await scene.alerts(true)).toMatchObject([{ closedAt: scene.now, isMuted: false }]);
  expect(await scene.mails()).toEqual([exhausted, exhausted]);
});

test("a rule for one endpoint overrides the general rule, and disabling a rule closes its alerts without mail", async ({
  database,
}) => {
  const scene = await Scene.open(database);
  const { providerId, endpointId } = scene;
  const silent: AlertRuleInput = {
    endpointId,
    kind: "exhausted",
    threshold: null,
    clearThreshold: null,
    forSeconds: 0,
    clearForSeconds: 0,
    minAttempts: 1,
    isEnabled: true,
    byMail: false,
  };
  const rule = await createAlertRule(database, { providerId, ...bySystem }, silent);
  expect(await createAlertRule(database, { providerId, ...bySystem }, silent)).toHaveProperty("refused.kind");
  await scene.end("failed");
  await scene.evaluate();
  expect(await scene.alerts(false)).toHaveLength(1);
  if ("refused" in rule) throw new Error(JSON.stringify(rule.refused));
  await updateAlertRule(database, { providerId, ...bySystem, id: rule.id }, { isEnabled: false });
  await scene.evaluate();
  expect(await scene.alerts(false)).toEqual([]);
  expect(await scene.mails()).toEqual([]);
});

test("rules of an endpoint are deleted with it once the deletion can no longer be undone", async ({ database }) => {
  const { providerId, endpointId } = await Scene.open(database);
  const rule = { kind: "disabled", threshold: null, clearThreshold: null, forSeconds: 0, clearForSeconds: 0 } as const;
  const settings = { ...rule, endpointId, minAttempts: 1, isEnabled: true, byMail: true };
  await createAlertRule(database, { providerId, ...bySystem }, settings);
  const deletedBefore = async (time: string): Promise<number> => {
    await database.query("update endpoints set deleted_at = now() - $2::interval where id = $1", [endpointId, time]);
    await deleteRulesOfDeletedEndpoints(database);
    return (await listAlertRules(database, providerId)).length;
  };
  expect([await deletedBefore("1 minute"), await deletedBefore("3 minutes")]).toEqual([7, 6]);
});

test("alerts are evaluated although the database's clock was far ahead at the last evaluation", async ({
  database,
}) => {
  const scene = await Scene.open(database);
  await scene.end("failed");
  await database.query("update alert_schedules set evaluated_at = now() + interval '1 day'");
  await evaluateAlerts({ pool: database, pageUrl: (_, path) => path, retentionDays: 30 });
  expect(await scene.mails()).toEqual([exhausted]);
});

test("no alert opens when retention deletes the success after a failure that stays on its list", async ({
  database,
}) => {
  const scene = await Scene.open(database);
  await scene.end("failed");
  await scene.end("delivered");
  await scene.evaluate();
  await database.query(`update deliveries set provider_id = -1 where state = 'delivered'`); // instead of a dropped partition
  await scene.evaluate(31 * 24 * 60);
  expect(await scene.alerts(false)).toEqual([]);
});

test("no alert opens when one of many failures from a month ago fails again that others recovered from", async ({
  database,
}) => {
  const scene = await Scene.open(database);
  await database.query("select add_history_days(current_date - 35, current_date - 35)");
  await scene.end("failed");
  await scene.end("delivered");
  await database.query(`
    with earlier as (
      update deliveries set event_id = overlay(event_id::text placing substr(uuid_v7_floor(
        date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '35 days')::text, 1, 13) from 1)::uuid
      returning event_id, state)
    update failures set event_id = earlier.event_id from earlier where state = 'failed'`);
  await scene.evaluate();
  expect(await scene.alerts(false)).toEqual([]);
});

test("a certificate that expires within 14 days causes one mail, and its renewal one", async ({ database }) => {
  const scene = await Scene.open(database);
  await scene.endWithCertificate(20);
  await scene.evaluate();
  expect(await scene.mails()).toEqual([]);
  await scene.endWithCertificate(9);
  await scene.evaluate();
  await scene.evaluate();
  expect(await scene.mails()).toEqual(["ada@acme.example crm: the certificate expires"]);
  expect((await scene.alerts(false))[0]?.sentence).toContain("expires in 8 days");
  await scene.endWithCertificate(90);
  await scene.evaluate();
  expect((await scene.mails()).at(-1)).toBe("ada@acme.example crm: the certificate was renewed");
});

test("deleted default rules are not inserted again", async ({ database }) => {
  const scene = await Scene.open(database);
  expect(await listAlertRules(database, scene.providerId)).toHaveLength(6);
  await database.query(`delete from alert_rules where provider_id = $1`, [scene.providerId]);
  await insertDefaultRules(database);
  expect(await listAlertRules(database, scene.providerId)).toEqual([]);
});

test("a subscribed endpoint receives operational events about other endpoints, not about itself", async ({
  database,
}) => {
  const scene = await Scene.open(database);
  const { providerId } = scene;
  const url = "https://ops.example/hook";
  await buildEndpoint(database, { providerId, url, name: "all", eventTypes: ["*"] });
  await scene.end("failed");
  await scene.evaluate();
  expect(await scene.operationalEvents()).toEqual([]); // no endpoint receives operational events yet
  const eventTypes = ["deliveries.exhausted", "endpoint.recovered"];
  const ops = await buildEndpoint(database, { providerId, url, name: "ops", eventTypes, format: "json" });
  await buildEndpoint(database, { providerId, url, name: "default", eventTypes });
  await scene.end("delivered");
  await scene.evaluate();
  await scene.evaluate(6);
  await scene.end("failed", ops);
  await scene.end("failed");
  await scene.evaluate();
  expect(await scene.operationalEvents()).toEqual(["endpoint.recovered", "deliveries.exhausted"]);
  const events = await followEvents(database, { providerId, accountIds: [0], limit: 50 });
  const event = events.findLast(({ type }) => type === "deliveries.exhausted");
  const details = await readEvent(database, providerId, event?.id ?? "");
  expect(details).toMatchObject({ objectId: scene.endpointId, actorKind: "system", sequence: 2 });
  expect(details?.verdicts.map(({ endpointName, sent, gate }) => [endpointName, sent, gate])).toEqual([
    ["crm", false, "switch_off"],
    ["all", false, "switch_off"],
    ["ops", true, null],
    ["default", false, "switch_off"],
  ]);
  const [payload] = await database.query<{ body: Buffer }>(
    `select body from payloads where provider_id = $1 and event_id = $2`,
    [providerId, event?.id],
  );
  const body = JSON.parse(payload?.body.toString() ?? "");
  expect(body).toMatchObject({
    type: "deliveries.exhausted",
    data: {
      endpoint: { id: scene.endpointId, name: "crm", url: "https://crm.example/hook", alert: { kind: "exhausted" } },
      actor: { kind: "system" },
      sequence: 2,
    },
  });
  const sample = { id: "sample", type: "deliveries.exhausted", now: scene.now, source: "/" } as const;
  const { data } = JSON.parse(sampleBody(sample, "json").toString());
  const facts = { id: scene.endpointId, name: "crm", url: "https://crm.example/hook" };
  const alert = { ...data.endpoint.alert, id: expect.any(Number), since: body.data.endpoint.alert.since };
  expect(body.data.endpoint).toEqual({ ...data.endpoint, ...facts, alert }); // a sample is as complete and true
});

test("failed deliveries of operational events cause no alert", async ({ database }) => {
  const scene = await Scene.open(database);
  await database.query(`update endpoints set event_types = '{deliveries.exhausted}' where id = $1`, [scene.endpointId]);
  const other = await buildEndpoint(database, { providerId: scene.providerId, url: "https://bi.example", name: "bi" });
  await scene.end("failed", other);
  await scene.evaluate();
  expect(await scene.operationalEvents()).toEqual(["deliveries.exhausted"]);
  await database.query(
    `insert into failures (provider_id, event_id, endpoint_id, error, url)
     select provider_id, id, $2, 'HTTP 500', '' from events where provider_id = $1 and account_id = 0`,
    [scene.providerId, scene.endpointId],
  );
  await scene.evaluate();
  expect((await scene.alerts(false)).map(({ endpointName }) => endpointName)).toEqual(["bi"]);
});

test("operational events are numbered on when retention has removed the earlier ones", async ({ database, owner }) => {
  const scene = await Scene.open(database);
  const { providerId } = scene;
  const eventTypes = ["deliveries.exhausted", "endpoint.recovered"];
  await buildEndpoint(database, { providerId, url: "https://ops.example/hook", name: "ops", eventTypes });
  await scene.end("failed");
  await scene.evaluate();
  await owner.query("delete from events where provider_id = $1", [providerId]);
  await scene.end("delivered");
  await scene.evaluate();
  await scene.evaluate(6);
  await feedsAreComplete(database);
  const events = await followEvents(database, { providerId, accountIds: [0], limit: 50 });
  expect(events.map(({ type, sequence }) => [type, sequence])).toEqual([["endpoint.recovered", 2]]);
});

test("each of two providers with the same failures has its own alerts, mails and numbers of operational events", async ({
  database,
}) => {
  const eventTypes = ["deliveries.exhausted", "endpoint.recovered"];
  const scenes = [await Scene.open(database), await Scene.open(database)];
  for (const { providerId } of scenes)
    await buildEndpoint(database, { providerId, url: "https://ops.example/hook", name: "ops", eventTypes });
  for (const scene of scenes) await scene.end("failed");
  for (const scene of scenes) await scene.evaluate();
  for (const scene of scenes) await scene.end("delivered");
  for (const minutes of [1, 6]) for (const scene of scenes) await scene.evaluate(minutes);

  await feedsAreComplete(database);
  for (const scene of scenes) {
    const events = await followEvents(database, { providerId: scene.providerId, accountIds: [0], limit: 50 });
    expect(events.map(({ type, sequence }) => [type, sequence])).toEqual(eventTypes.map((type, at) => [type, at + 1]));
    expect(await scene.mails()).toHaveLength(2);
    expect([(await scene.alerts(false)).length, (await scene.alerts(true)).length]).toEqual([0, 1]);
  }
});
