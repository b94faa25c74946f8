import { type Actor, recordAudit } from "#access/index.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { undoSeconds } from "#webhooks/deliveries/index.ts";
import { type AlertKind, type Condition, alertKinds, conditionError } from "./alerts.ts";

/** When an alert opens and closes, at one endpoint or at all of a provider. */
export interface AlertRule extends Condition {
  readonly providerId: number;
  readonly id: number;
  /** Null: all endpoints. A rule of one endpoint replaces the provider's rule of its kind. */
  readonly endpointId: number | null;
  /** Success rate and latency of fewer attempts are not known. */
  readonly minAttempts: number;
  readonly isEnabled: boolean;
  /** Whether the provider's admins get mails. */
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

const listStatement = `select ${ruleColumns} from alert_rules where provider_id = $1 order by endpoint_id nulls first, id`;

/** Returns the rules of a provider, those of all endpoints first. */
export const listAlertRules = (db: Database, providerId: number): Promise<AlertRule[]> =>
  db.query<AlertRule>(listStatement, [providerId]);

const readStatement = `select ${ruleColumns} from alert_rules where provider_id = $1 and id = $2`;

export async function readAlertRule(db: Database, providerId: number, id: number): Promise<AlertRule | undefined> {
  const [rule] = await db.query<AlertRule>(readStatement, [providerId, id]);
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

const lockStatement = `${readStatement} for update`;
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
