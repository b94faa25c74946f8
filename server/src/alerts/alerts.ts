import { type Actor, recordAudit } from "#access/index.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { lastRowId } from "#platform/ids.ts";
import { undoSeconds } from "#webhooks/deliveries/index.ts";

export const alertKindNames = [
  "success_rate",
  "latency_p95",
  "oldest_waiting",
  "certificate",
  "disabled",
  "exhausted",
] as const;

export type AlertKind = (typeof alertKindNames)[number];

interface AlertKindTraits {
  /** The side of the threshold that is a problem. `present`: the problem is there or not, without a threshold. */
  readonly problemSide: "below" | "above" | "present";
  readonly unit: "ratio" | "milliseconds" | "seconds" | "days" | "none";
}

/** The meaning of readings and thresholds. */
export const alertKinds: Readonly<Record<AlertKind, AlertKindTraits>> = {
  success_rate: { problemSide: "below", unit: "ratio" },
  latency_p95: { problemSide: "above", unit: "milliseconds" },
  oldest_waiting: { problemSide: "above", unit: "seconds" },
  certificate: { problemSide: "below", unit: "days" },
  disabled: { problemSide: "present", unit: "none" },
  exhausted: { problemSide: "present", unit: "none" },
};

/** A metric of an endpoint. Null: not known, for example without attempts. For kinds of `present`: 1, or 0. */
export type Reading = number | null;

/** The part of a rule that decides. */
export interface Condition {
  readonly kind: AlertKind;
  /** Crossing it is the problem. Null for kinds of `present`. */
  readonly threshold: number | null;
  /** Crossing it in the other direction is the recovery. The same as `threshold`, or better. */
  readonly clearThreshold: number | null;
  /** How long the problem must last before the alert opens. */
  readonly forSeconds: number;
  /** How long the recovery must last before the alert closes. */
  readonly clearForSeconds: number;
}

/** `between`: neither the problem nor the recovery. */
type Verdict = "problem" | "between" | "recovery" | "unknown";

/** Compares a reading with both thresholds. */
export function classifyReading({ kind, threshold, clearThreshold }: Condition, reading: Reading): Verdict {
  if (reading === null) return "unknown";
  const { problemSide } = alertKinds[kind];
  if (problemSide === "present") return reading > 0 ? "problem" : "recovery";
  if (threshold === null) return "unknown";
  const sign = problemSide === "below" ? -1 : 1;
  if (sign * reading > sign * threshold) return "problem";
  return sign * reading <= sign * (clearThreshold ?? threshold) ? "recovery" : "between";
}

/**
 * A rule at one endpoint while something is wrong. `pending`: the problem does not last long enough yet. `clearing`: the
 * recovery does not.
 */
export interface AlertPhase {
  readonly state: "pending" | "open" | "clearing";
  readonly since: Date;
}

export interface Decision {
  /** Undefined: nothing is wrong. */
  readonly phase: AlertPhase | undefined;
  /** The change of the alert by this decision. */
  readonly transition: "opened" | "closed" | undefined;
}

/** Decides the next phase. An unknown reading keeps an open alert open, and forgets a problem that was pending. */
export function decide(
  phase: AlertPhase | undefined,
  { condition, reading, now }: { readonly condition: Condition; readonly reading: Reading; readonly now: Date },
): Decision {
  const verdict = classifyReading(condition, reading);
  const { forSeconds, clearForSeconds } = condition;
  switch (phase?.state) {
    case undefined:
    case "pending": {
      if (verdict !== "problem") return { phase: undefined, transition: undefined };
      const since = beginOf(phase, now);
      return lasts(since, forSeconds, now)
        ? { phase: { state: "open", since: now }, transition: "opened" }
        : { phase: { state: "pending", since }, transition: undefined };
    }
    case "open":
    case "clearing": {
      if (verdict !== "recovery") {
        const isBack = phase.state === "clearing";
        return { phase: isBack ? { state: "open", since: now } : phase, transition: undefined };
      }
      const since = phase.state === "clearing" ? beginOf(phase, now) : now;
      return lasts(since, clearForSeconds, now)
        ? { phase: undefined, transition: "closed" }
        : { phase: { state: "clearing", since }, transition: undefined };
    }
  }
}

/** Returns when a phase began. A time in the future is from before the clock was set back. */
const beginOf = (phase: AlertPhase | undefined, now: Date): Date => (phase && phase.since < now ? phase.since : now);

const lasts = (since: Date, seconds: number, now: Date): boolean => now.getTime() - since.getTime() >= seconds * 1000;

/** Larger thresholds have no plain decimal notation in the documents of events. */
const thresholdMax = 1e9;

/** Returns why the thresholds of a rule make no sense, or undefined. */
export function conditionError({ kind, threshold, clearThreshold }: Condition): string | undefined {
  const { problemSide, unit } = alertKinds[kind];
  if (problemSide === "present")
    return threshold === null && clearThreshold === null ? undefined : "must be null for this kind";
  if (threshold === null || clearThreshold === null) return "is required for this kind";
  if (threshold < 0 || clearThreshold < 0) return "must not be negative";
  if (unit === "ratio" && (threshold > 1 || clearThreshold > 1)) return "must be between 0 and 1";
  if (threshold > thresholdMax || clearThreshold > thresholdMax) return "must not be greater than 1,000,000,000";
  const isOrdered = problemSide === "below" ? clearThreshold >= threshold : clearThreshold <= threshold;
  return isOrdered ? undefined : `must not be ${problemSide === "below" ? "lower" : "higher"} than the threshold`;
}

/** A problem of an endpoint that a rule has found. */
export interface Alert {
  readonly id: number;
  readonly endpointId: number;
  readonly endpointName: string;
  readonly kind: AlertKind;
  /** `clearing`: the recovery must last a while before the alert closes. */
  readonly state: "open" | "clearing" | "closed";
  /** At the last evaluation that knew it. */
  readonly value: number | null;
  readonly threshold: number | null;
  readonly sentence: string;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly isMuted: boolean;
  /** When a muted alert notifies again. Null: when it closes. */
  readonly mutedUntil: Date | null;
  /** The username of the colleague who muted it. Null if it was the provider key, or if the user was deleted. */
  readonly mutedBy: string | null;
}

// A mute that has run out is none.
const isMuted = `alert.is_muted and (alert.muted_until is null or alert.muted_until > clock_timestamp())`;

const alertColumns = `alert.id, alert.endpoint_id, endpoint.name as "endpointName", alert.kind, alert.state, alert.value,
  alert.threshold, alert.sentence, alert.opened_at, alert.closed_at, ${isMuted} as is_muted,
  case when ${isMuted} then alert.muted_until end as muted_until,
  case when ${isMuted} then (select username from provider_users
    where provider_users.provider_id = alert.provider_id and provider_users.id = alert.muted_by_user_id) end as muted_by`;

const alertsWithEndpoints = `
  from alerts alert
  join endpoints endpoint on endpoint.provider_id = alert.provider_id and endpoint.id = alert.endpoint_id
  where alert.provider_id = $1 and alert.state <> 'pending'`;

export interface AlertFilter {
  readonly providerId: number;
  readonly isClosed?: boolean | undefined;
  readonly endpointId?: number | undefined;
  /** The last alert of the previous page. */
  readonly before?: number | undefined;
  readonly limit: number;
}

// Along the primary key.
const listStatement = `
  select ${alertColumns} ${alertsWithEndpoints}
    and ($2::boolean is null or (alert.state = 'closed') = $2)
    and ($3::bigint is null or alert.endpoint_id = $3)
    and alert.id < coalesce($4::bigint, ${lastRowId})
  order by alert.id desc
  limit $5`;

/** Lists alerts, newest first. */
export const listAlerts = (db: Database, filter: AlertFilter): Promise<Alert[]> =>
  db.query<Alert>(listStatement, [filter.providerId, filter.isClosed, filter.endpointId, filter.before, filter.limit]);

const readStatement = `select ${alertColumns} ${alertsWithEndpoints} and alert.id = $2`;

export async function readAlert(db: Database, providerId: number, id: number): Promise<Alert | undefined> {
  const [alert] = await db.query<Alert>(readStatement, [providerId, id]);
  return alert;
}

// A muted alert counts as not notified: when a mute runs out, the next evaluation notifies again. After a manual unmute
// nobody needs a message.
const muteStatement = `
  update alerts
  set is_muted = $3, muted_until = $4, muted_by_user_id = case when $3 then $5::bigint end,
    notified_at = case when $3 then null else clock_timestamp() end
  where provider_id = $1 and id = $2 and state in ('open', 'clearing')
  returning id`;

export interface MuteChange {
  readonly providerId: number;
  readonly id: number;
  readonly actor: Actor;
  /** False ends a mute. */
  readonly isMuted: boolean;
  /** Null: until the alert closes. */
  readonly until: Date | null;
}

/** Mutes an open alert, for a time or until it closes, or ends the mute. Returns undefined if it is not open. */
export async function muteAlert(
  pool: Pool,
  { providerId, id, actor, isMuted: mutes, until }: MuteChange,
): Promise<Alert | undefined> {
  return pool.inTransaction(async (tx) => {
    const userId = "userId" in actor ? actor.userId : null;
    const [changed] = await tx.query<{ id: number }>(muteStatement, [providerId, id, mutes, until, userId]);
    if (!changed) return undefined;
    const action = mutes ? "alert.muted" : "alert.unmuted";
    const detail = mutes ? { until: until?.toISOString() ?? null } : {};
    await recordAudit(tx, { providerId, actor, action, subject: `alert/${id}`, detail });
    return readAlert(tx, providerId, id);
  });
}

// Along alerts_closed_idx, rows of all providers.
const deleteOldStatement = `
  delete from alerts
  where (provider_id, id) in (
    select provider_id, id from alerts
    where state = 'closed' and closed_at < $1::timestamptz - make_interval(days => $2)
      and provider_id not in (${leavingProviders})
    order by closed_at limit 1000
    for update skip locked)
  returning id`;

/** Deletes up to 1,000 closed alerts older than the retention and returns how many. Call it again until it returns 0. */
export const deleteOldAlerts = async (db: Database, now: Date, retentionDays: number): Promise<number> =>
  (await db.query(deleteOldStatement, [now, retentionDays])).length;

/** When an alert opens and closes, at one endpoint or at all of a provider. */
export interface AlertRule extends Condition {
  readonly providerId: number;
  readonly id: number;
  /** Null: all endpoints. A rule of one endpoint replaces the provider's rule of its kind. */
  readonly endpointId: number | null;
  /** Success rate and latency of fewer attempts are not known. */
  readonly minAttempts: number;
  readonly isEnabled: boolean;
  /** True if the provider's admins get mails. */
  readonly byMail: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type AlertRuleInput = Omit<AlertRule, "providerId" | "id" | "createdAt" | "updatedAt">;

/** Rules of a new provider. They stay quiet while a receiver has single failures or short delays. */
const defaultRules: readonly Omit<AlertRuleInput, "endpointId" | "isEnabled" | "byMail">[] = [
  { kind: "exhausted", threshold: null, clearThreshold: null, forSeconds: 0, clearForSeconds: 300, minAttempts: 1 },
  { kind: "disabled", threshold: null, clearThreshold: null, forSeconds: 0, clearForSeconds: 0, minAttempts: 1 },
  {
    kind: "success_rate",
    threshold: 0.5,
    clearThreshold: 0.9,
    forSeconds: 600,
    clearForSeconds: 600,
    minAttempts: 20,
  },
  {
    kind: "latency_p95",
    threshold: 10_000,
    clearThreshold: 5000,
    forSeconds: 900,
    clearForSeconds: 900,
    minAttempts: 20,
  },
  {
    kind: "oldest_waiting",
    threshold: 3600,
    clearThreshold: 600,
    forSeconds: 300,
    clearForSeconds: 300,
    minAttempts: 1,
  },
  { kind: "certificate", threshold: 14, clearThreshold: 15, forSeconds: 0, clearForSeconds: 0, minAttempts: 1 },
];

// A provider gets them once: a rule that it deletes does not return.
const insertDefaultsStatement = `
  with fresh as (
    insert into alert_schedules (provider_id)
    select id from providers
    where not exists (select from alert_schedules where provider_id = providers.id) and providers.id not in (${leavingProviders})
    on conflict do nothing
    returning provider_id
  )
  insert into alert_rules (provider_id, kind, threshold, clear_threshold, for_seconds, clear_for_seconds, min_attempts)
  select fresh.provider_id, rule.*
  from fresh
  cross join unnest($1::text[], $2::double precision[], $3::double precision[], $4::integer[], $5::integer[], $6::integer[]) as rule`;

/** Inserts the default rules of providers that never had any. */
export async function insertDefaultRules(db: Database): Promise<void> {
  const column = <T>(of: (rule: (typeof defaultRules)[number]) => T): readonly T[] => defaultRules.map(of);
  await db.query(insertDefaultsStatement, [
    column(({ kind }) => kind),
    column(({ threshold }) => threshold),
    column(({ clearThreshold }) => clearThreshold),
    column(({ forSeconds }) => forSeconds),
    column(({ clearForSeconds }) => clearForSeconds),
    column(({ minAttempts }) => minAttempts),
  ]);
}

const ruleColumns = `provider_id, id, endpoint_id, kind, threshold, clear_threshold, for_seconds, clear_for_seconds,
  min_attempts, is_enabled, by_mail, created_at, updated_at`;

const listRulesStatement = `select ${ruleColumns} from alert_rules where provider_id = $1 order by endpoint_id nulls first, id`;

/** Returns the rules of a provider, those of all endpoints first. */
export const listAlertRules = (db: Database, providerId: number): Promise<AlertRule[]> =>
  db.query<AlertRule>(listRulesStatement, [providerId]);

const readRuleStatement = `select ${ruleColumns} from alert_rules where provider_id = $1 and id = $2`;

export async function readAlertRule(db: Database, providerId: number, id: number): Promise<AlertRule | undefined> {
  const [rule] = await db.query<AlertRule>(readRuleStatement, [providerId, id]);
  return rule;
}

/**
 * Returns a function that finds the rule of a kind that applies to an endpoint, or undefined if none is enabled. A provider may have
 * six thousand rules: searching them for each endpoint and kind took most of a second.
 */
export function indexRules(
  rules: readonly AlertRule[],
): (kind: AlertKind, endpointId: number) => AlertRule | undefined {
  const keyOf = (kind: AlertKind, endpointId: number | null): string => `${endpointId} ${kind}`;
  const byKey = new Map(rules.map((rule) => [keyOf(rule.kind, rule.endpointId), rule]));
  return (kind, endpointId) => {
    const rule = byKey.get(keyOf(kind, endpointId)) ?? byKey.get(keyOf(kind, null));
    return rule?.isEnabled ? rule : undefined;
  };
}

type Refused = { readonly refused: Readonly<Record<string, readonly string[]>> };

const endpointStatement = `select from endpoints where provider_id = $1 and id = $2 and deleted_at is null`;

async function refuse(
  tx: Transaction,
  providerId: number,
  { endpointId, ...condition }: AlertRuleInput,
): Promise<Refused | undefined> {
  const error = conditionError(condition);
  if (error !== undefined) {
    const isFirst = condition.threshold === null || alertKinds[condition.kind].problemSide === "present";
    return { refused: { [isFirst ? "threshold" : "clear_threshold"]: [error] } };
  }
  if (endpointId === null || (await tx.query(endpointStatement, [providerId, endpointId])).length > 0) return undefined;
  return { refused: { endpoint_id: ["is no endpoint of yours"] } };
}

const settingValues = (rule: AlertRuleInput): readonly unknown[] => [
  rule.endpointId,
  rule.kind,
  rule.threshold,
  rule.clearThreshold,
  rule.forSeconds,
  rule.clearForSeconds,
  rule.minAttempts,
  rule.isEnabled,
  rule.byMail,
];

const insertStatement = `
  insert into alert_rules (provider_id, endpoint_id, kind, threshold, clear_threshold, for_seconds, clear_for_seconds,
    min_attempts, is_enabled, by_mail)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  on conflict do nothing
  returning ${ruleColumns}`;

interface RuleCaller {
  readonly providerId: number;
  readonly actor: Actor;
}

/** Creates a rule. There is one for each kind and endpoint, and one for each kind and all endpoints. */
export async function createAlertRule(
  pool: Pool,
  { providerId, actor }: RuleCaller,
  input: AlertRuleInput,
): Promise<AlertRule | Refused> {
  return pool.inTransaction(async (tx) => {
    const refused = await refuse(tx, providerId, input);
    if (refused) return refused;
    const [rule] = await tx.query<AlertRule>(insertStatement, [providerId, ...settingValues(input)]);
    if (!rule) return { refused: { kind: ["already has a rule for this endpoint, or for all endpoints"] } };
    await audit(tx, { providerId, actor }, "alert_rule.created", rule);
    return rule;
  });
}

const lockStatement = `${readRuleStatement} for update`;
const updateStatement = `
  update alert_rules
  set endpoint_id = $3, kind = $4, threshold = $5, clear_threshold = $6, for_seconds = $7, clear_for_seconds = $8,
    min_attempts = $9, is_enabled = $10, by_mail = $11, updated_at = now()
  where provider_id = $1 and id = $2
  returning ${ruleColumns}`;

/** Updates a rule. Its kind and endpoint stay. Returns undefined if there is no such rule. */
export async function updateAlertRule(
  pool: Pool,
  { providerId, actor, id }: RuleCaller & { readonly id: number },
  change: Partial<Omit<AlertRuleInput, "kind" | "endpointId">>,
): Promise<AlertRule | Refused | undefined> {
  return pool.inTransaction(async (tx) => {
    const [before] = await tx.query<AlertRule>(lockStatement, [providerId, id]);
    if (!before) return undefined;
    const input: AlertRuleInput = { ...before, ...change };
    const refused = await refuse(tx, providerId, input);
    if (refused) return refused;
    const [rule] = await tx.query<AlertRule>(updateStatement, [providerId, id, ...settingValues(input)]);
    if (!rule) throw new Error(`Alert rule ${id} was gone although it was locked.`);
    await audit(tx, { providerId, actor }, "alert_rule.changed", rule);
    return rule;
  });
}

const deleteStatement = `delete from alert_rules where provider_id = $1 and id = $2 returning ${ruleColumns}`;

/** Deletes a rule. Its alerts close at the next evaluation. Returns false if there is no such rule. */
export async function deleteAlertRule(
  pool: Pool,
  { providerId, actor, id }: RuleCaller & { readonly id: number },
): Promise<boolean> {
  return pool.inTransaction(async (tx) => {
    const [rule] = await tx.query<AlertRule>(deleteStatement, [providerId, id]);
    if (rule) await audit(tx, { providerId, actor }, "alert_rule.deleted", rule);
    return rule !== undefined;
  });
}

const deleteOfDeletedStatement = `
  delete from alert_rules using endpoints
  where endpoints.provider_id = alert_rules.provider_id and endpoints.id = alert_rules.endpoint_id
    and endpoints.deleted_at < clock_timestamp() - make_interval(secs => $1)
    and alert_rules.provider_id not in (${leavingProviders})`;

/** Deletes the rules of endpoints whose deletion can no longer be undone. */
export async function deleteRulesOfDeletedEndpoints(db: Database): Promise<void> {
  await db.query(deleteOfDeletedStatement, [2 * undoSeconds]);
}

const audit = (tx: Transaction, caller: RuleCaller, action: string, rule: AlertRule): Promise<void> =>
  recordAudit(tx, {
    ...caller,
    action,
    subject: `alert_rule/${rule.id}`,
    detail: {
      kind: rule.kind,
      endpoint_id: rule.endpointId,
      threshold: rule.threshold,
      clear_threshold: rule.clearThreshold,
      for_seconds: rule.forSeconds,
      clear_for_seconds: rule.clearForSeconds,
      min_attempts: rule.minAttempts,
      is_enabled: rule.isEnabled,
      by_mail: rule.byMail,
    },
  });
