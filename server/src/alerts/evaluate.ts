import { listAdminAddresses } from "#access/index.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import { type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { type Node, record, value } from "#platform/document.ts";
import { nameInLine } from "#platform/visible-text.ts";
import { insertMail, type NewMail } from "#portal/mails/index.ts";
import {
  hasSubscriber,
  type NewEvent,
  type OperationalEventType,
  readSubscriptions,
  recordEvents,
} from "#webhooks/events/index.ts";
import {
  type AlertKind,
  alertKindNames,
  alertKinds,
  type AlertPhase,
  type AlertRule,
  decide,
  type Decision,
  indexRules,
  insertDefaultRules,
  listAlertRules,
  type Reading,
} from "./alerts.ts";
import { type EndpointReadings, readEndpointReadings, windowMinutes } from "./readings.ts";

export interface AlertNeeds {
  readonly pool: Pool;
  /** Returns the URL of a page of the provider's Admin Portal. */
  readonly pageUrl: (provider: { readonly subdomain: string }, path: string) => string;
  /** Deliveries of events of this many days are kept at least. */
  readonly retentionDays: number;
}

// A time in the future is from before the clock was set back.
const isDue = `(evaluated_at < clock_timestamp() - interval '50 seconds' or evaluated_at > clock_timestamp())`;

// Along alert_schedules_due_idx. By the database's clock. In random order: processes that began with the same provider would read
// all others at the same time, too.
const dueStatement = `
  select provider_id from alert_schedules where ${isDue} and provider_id not in (${leavingProviders}) order by random()`;

// Another process may have evaluated it since.
const stillDueStatement = `select clock_timestamp() as now from alert_schedules where provider_id = $1 and ${isDue}`;

// The row lock is held until the evaluation ends, so one process at a time evaluates a provider, and others skip it.
const claimStatement = `
  update alert_schedules
  set evaluated_at = clock_timestamp()
  where provider_id = (
    select provider_id from alert_schedules
    where provider_id = $1 and ${isDue}
    for update skip locked)
  returning provider_id`;

/**
 * Evaluates the alerts of each provider that is due, in a transaction of its own. Call it once a minute. The readings of
 * many endpoints take a second, so they precede the transaction: feeds of all providers wait for transactions that write.
 * Rejects after the last provider if some could not be evaluated.
 */
export async function evaluateAlerts({ pool, pageUrl, retentionDays }: AlertNeeds): Promise<void> {
  await insertDefaultRules(pool);
  const errors: unknown[] = [];
  for (const { providerId } of await pool.query<{ providerId: number }>(dueStatement)) {
    try {
      const [due] = await pool.query<{ now: Date }>(stillDueStatement, [providerId]);
      if (!due) continue;
      const { now } = due;
      const endpoints = await readEndpointReadings(pool, { providerId, now, retentionDays });
      await pool.inTransaction(async (tx) => {
        const [claimed] = await tx.query(claimStatement, [providerId]);
        if (claimed) await evaluateProvider(tx, { providerId, now, pageUrl, endpoints });
      });
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "the alerts of some providers could not be evaluated");
}

interface Evaluation {
  readonly providerId: number;
  readonly now: Date;
  readonly pageUrl: AlertNeeds["pageUrl"];
  readonly endpoints: readonly EndpointReadings[];
}

/** Evaluates the alerts of a provider. Alerts, mails and operational events are one transaction. */
export async function evaluateProvider(
  tx: Transaction,
  { providerId, now, pageUrl, endpoints }: Evaluation,
): Promise<void> {
  const current = await tx.query<CurrentAlert>(currentStatement, [providerId, now]);
  const ruleFor = indexRules(await listAlertRules(tx, providerId));
  const alertOf = new Map(current.map((alert) => [`${alert.endpointId} ${alert.kind}`, alert]));
  const present = new Set(endpoints.map(({ endpointId }) => endpointId));
  const ofDeleted = current.filter(({ endpointId }) => !present.has(endpointId));
  const step = async (endpoint: EndpointReadings, kind: AlertKind): Promise<readonly AlertTransition[]> => {
    const alert = alertOf.get(`${endpoint.endpointId} ${kind}`);
    const rule = ruleFor(kind, endpoint.endpointId);
    if (rule) return advance(tx, { providerId, now, endpoint, rule, alert });
    if (alert) await dropAlert(tx, providerId, alert, now);
    return [];
  };
  // Together: a receiver of a thousand endpoints may fail, and their statements take one round trip.
  const [, ...advanced] = await Promise.all([
    Promise.all(ofDeleted.map((alert) => dropAlert(tx, providerId, alert, now))),
    ...endpoints.flatMap((endpoint) => alertKindNames.map((kind) => step(endpoint, kind))),
  ]);
  const transitions = advanced.flat();
  await sendMails(tx, { providerId, now, pageUrl }, transitions);
  await recordTransitions(tx, { providerId, now }, transitions);
}

interface CurrentAlert {
  readonly id: number;
  readonly endpointId: number;
  readonly kind: AlertKind;
  readonly state: AlertPhase["state"];
  readonly since: Date;
  readonly sentence: string;
  readonly value: number | null;
  readonly notifiedAt: Date | null;
  readonly isMuted: boolean;
}

// Locks the alerts, so that muting one waits. Along alerts_current_idx.
const currentStatement = `
  select id, endpoint_id, kind, state, since, sentence, value, notified_at,
    is_muted and (muted_until is null or muted_until > $2) as is_muted
  from alerts
  where provider_id = $1 and state <> 'closed'
  for update`;

interface Step {
  readonly providerId: number;
  readonly now: Date;
  readonly endpoint: EndpointReadings;
  readonly rule: AlertRule;
  readonly alert: CurrentAlert | undefined;
}

/** Decides about one rule at one endpoint, writes the alert, and returns it if a notification is due. */
async function advance(tx: Transaction, step: Step): Promise<readonly AlertTransition[]> {
  const { providerId, now, endpoint, rule, alert } = step;
  const { kind, threshold, byMail } = rule;
  const reading = readingFor(rule, endpoint);
  const { phase, transition }: Decision = decide(alert, { condition: rule, reading, now });
  const facts = { kind, threshold, endpoint, byMail };
  if (!phase) {
    if (!alert) return [];
    await dropAlert(tx, providerId, alert, now);
    if (transition !== "closed" || alert.notifiedAt === null) return [];
    const { id: alertId, sentence } = alert;
    return [{ ...facts, alertId, sentence, isOpen: false, since: now, value: reading ?? alert.value }];
  }
  const measured = reading ?? alert?.value ?? null;
  const isProblem = phase.state !== "clearing" && reading !== null;
  const sentence =
    alert && !isProblem ? alert.sentence : describeProblem({ kind, value: measured, threshold }, endpoint);
  // No notification was sent, or a mute has ended.
  const notifies = phase.state === "open" && !alert?.isMuted && (alert?.notifiedAt ?? null) === null;
  const alertId = await writeAlert(tx, step, { phase, value: measured, sentence, notifies });
  return notifies ? [{ ...facts, alertId, sentence, isOpen: true, since: phase.since, value: measured }] : [];
}

/** Few attempts say nothing about a rate or a percentile. */
function readingFor({ kind, minAttempts }: AlertRule, { attempts, metrics }: EndpointReadings): Reading {
  const isSample = kind === "success_rate" || kind === "latency_p95";
  return isSample && attempts < minAttempts ? null : metrics[kind];
}

const insertStatement = `
  insert into alerts (provider_id, endpoint_id, kind, state, since, opened_at, value, threshold, sentence, notified_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  returning id`;

const updateStatement = `
  update alerts
  set state = $3, since = $4, opened_at = coalesce(opened_at, $5), value = $6, threshold = $7, sentence = $8,
    notified_at = coalesce($9, notified_at), is_muted = is_muted and $9::timestamptz is null
  where provider_id = $1 and id = $2`;

interface AlertState {
  readonly phase: AlertPhase;
  readonly value: number | null;
  readonly sentence: string;
  readonly notifies: boolean;
}

async function writeAlert(
  tx: Transaction,
  { providerId, now, endpoint, rule, alert }: Step,
  { phase, value: measured, sentence, notifies }: AlertState,
): Promise<number> {
  const { state, since } = phase;
  const openedAt = state === "pending" ? null : now;
  const notifiedAt = notifies ? now : null;
  const tail = [measured, rule.threshold, sentence, notifiedAt];
  if (alert) {
    await tx.query(updateStatement, [providerId, alert.id, state, since, openedAt, ...tail]);
    return alert.id;
  }
  const values = [providerId, endpoint.endpointId, rule.kind, state, since, openedAt, ...tail];
  return (await queryRow<{ id: number }>(tx, insertStatement, values)).id;
}

const deleteStatement = `delete from alerts where provider_id = $1 and id = $2`;
const closeStatement = `
  update alerts set state = 'closed', since = $3, closed_at = $3, is_muted = false
  where provider_id = $1 and id = $2`;

/** Closes an alert, or deletes one that never opened. */
async function dropAlert(tx: Transaction, providerId: number, { id, state }: CurrentAlert, now: Date): Promise<void> {
  if (state === "pending") await tx.query(deleteStatement, [providerId, id]);
  else await tx.query(closeStatement, [providerId, id, now]);
}

interface ProviderNames {
  readonly name: string;
  readonly subdomain: string;
}

const providerStatement = `select name, subdomain from providers where id = $1`;

async function readNames(tx: Transaction, providerId: number): Promise<ProviderNames> {
  const [provider] = await tx.query<ProviderNames>(providerStatement, [providerId]);
  if (!provider) throw new Error(`Provider ${providerId} was gone.`);
  return provider;
}

/** Sends each admin one mail about everything that happened in this evaluation. */
async function sendMails(
  tx: Transaction,
  { providerId, now, pageUrl }: Omit<Evaluation, "endpoints">,
  transitions: readonly AlertTransition[],
) {
  const mailed = transitions.filter(({ byMail }) => byMail);
  if (mailed.length === 0) return;
  const provider = await readNames(tx, providerId);
  const url = (path: string): string => pageUrl(provider, path);
  const mails = (await listAdminAddresses(tx, providerId)).map((recipient) =>
    alertMail(mailed, { providerName: provider.name, recipient, url }),
  );
  await Promise.all(mails.map((mail) => insertMail(tx, providerId, mail, now)));
}

/** The account id of operational events. They are numbered like the events of an account. */
const noAccount = 0;

// By primary key. The row lock makes evaluations of a provider take turns, so the numbers have no gaps.
const takeNumbersStatement = `
  update alert_schedules set last_sequence = greatest(last_sequence, account_numbers_floor()) + $2
  where provider_id = $1
  returning last_sequence - $2 as last`;

/** Records operational events, unless no endpoint would receive them. */
async function recordTransitions(
  tx: Transaction,
  { providerId, now }: Pick<Evaluation, "providerId" | "now">,
  transitions: readonly AlertTransition[],
): Promise<void> {
  if (transitions.length === 0) return;
  const actor = { kind: "system" } as const;
  const subscriptions = await readSubscriptions(tx, providerId);
  const events = transitions
    .map((each) => ({
      type: eventTypeOf(each),
      objectId: each.endpoint.endpointId,
      document: representTransition(each),
    }))
    .filter((event) => hasSubscriber(subscriptions, { ...event, actor }));
  if (events.length === 0) return;
  const [taken] = await tx.query<{ last: number }>(takeNumbersStatement, [providerId, events.length]);
  if (!taken) throw new Error(`Provider ${providerId} was gone.`);
  const { name: accountName } = await readNames(tx, providerId);
  const numbered = events.map((event, index): NewEvent => ({
    ...event,
    accountId: noAccount,
    accountName,
    sequence: taken.last + 1 + index,
    recordedAfter: 0, // evaluations take turns before they write anything
  }));
  await recordEvents(tx, { providerId, actor, channel: "system", now }, numbered);
}

/** An alert that has opened or closed, and causes notifications. */
export interface AlertTransition {
  readonly alertId: number;
  readonly kind: AlertKind;
  readonly isOpen: boolean;
  readonly since: Date;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly sentence: string;
  readonly endpoint: Pick<EndpointReadings, "endpointId" | "name" | "urlMasked" | "state">;
  readonly byMail: boolean;
}

const percent = (ratio: number): string => `${Math.round(ratio * 1000) / 10} %`;

/** Returns "840 ms", "12 s", "75 minutes" or "3 hours". */
function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}

/** Returns "less than a day", "1 day" or "14 days". */
function days(count: number): string {
  if (count < 1) return "less than a day";
  return count < 2 ? "1 day" : `${Math.floor(count)} days`;
}

type Measured = Pick<AlertTransition, "kind" | "value" | "threshold">;

/** Describes a problem in a sentence. */
export function describeProblem(
  { kind, value: reading, threshold }: Measured,
  { disabledReason }: Pick<EndpointReadings, "disabledReason">,
): string {
  const [current, limit] = [reading ?? 0, threshold ?? 0];
  switch (kind) {
    case "success_rate":
      return `${percent(current)} of the attempts in the last ${windowMinutes} minutes succeeded. The limit is ${percent(limit)}.`;
    case "latency_p95":
      return `5 % of the responses in the last ${windowMinutes} minutes took ${duration(current)} or longer. The limit is ${duration(limit)}.`;
    case "oldest_waiting":
      return `The oldest delivery has been waiting for ${duration(current * 1000)}. The limit is ${duration(limit * 1000)}.`;
    case "certificate":
      return current < 0
        ? "The certificate of the receiver has expired."
        : `The certificate of the receiver expires in ${days(current)}. The limit is ${days(limit)}.`;
    case "disabled":
      return disabledReason ?? "The endpoint is disabled.";
    case "exhausted":
      return "A delivery has failed: it has no attempts left, or was held for too long.";
  }
}

/** Returns the type of the operational event about an alert. */
function eventTypeOf({ kind, isOpen }: Pick<AlertTransition, "kind" | "isOpen">): OperationalEventType {
  if (!isOpen) return "endpoint.recovered";
  if (kind === "disabled") return "endpoint.disabled";
  return kind === "exhausted" ? "deliveries.exhausted" : "endpoint.degraded";
}

const numberNode = (name: string, number: number | null): Node =>
  value(name, number === null ? null : { decimal: number.toFixed(4) });

/** Represents the endpoint of an operational event, with the alert. */
const representTransition = ({ endpoint, ...alert }: AlertTransition): Node =>
  record("endpoint", [
    value("id", endpoint.endpointId),
    value("name", endpoint.name),
    value("url", endpoint.urlMasked),
    value("state", endpoint.state),
    record("alert", [
      value("id", alert.alertId),
      value("kind", alert.kind),
      value("state", alert.isOpen ? "open" : "closed"),
      value("since", alert.since.toISOString()),
      value("sentence", alert.sentence),
      numberNode("value", alert.value),
      numberNode("threshold", alertKinds[alert.kind].problemSide === "present" ? null : alert.threshold),
    ]),
  ]);

interface MailFacts {
  readonly providerName: string;
  readonly recipient: string;
  /** Returns the URL of a page of the Admin Portal. */
  readonly url: (path: string) => string;
}

const problems: Readonly<Record<AlertKind, string>> = {
  success_rate: "attempts are failing",
  latency_p95: "responses are slow",
  oldest_waiting: "deliveries are late",
  certificate: "the certificate expires",
  disabled: "the endpoint was disabled",
  exhausted: "deliveries are failing",
};

const recoveries: Readonly<Record<AlertKind, string>> = {
  success_rate: "attempts succeed again",
  latency_p95: "responses are fast again",
  oldest_waiting: "deliveries are on time again",
  certificate: "the certificate was renewed",
  disabled: "the endpoint is enabled again",
  exhausted: "deliveries succeed again",
};

const headline = ({ kind, isOpen, endpoint }: AlertTransition): string =>
  `${nameInLine(endpoint.name)}: ${isOpen ? problems[kind] : recoveries[kind]}`;

/** Renders one mail about all alerts that opened or closed in one evaluation. */
function alertMail(transitions: readonly AlertTransition[], { providerName, recipient, url }: MailFacts): NewMail {
  const [first] = transitions;
  const opened = transitions.filter(({ isOpen }) => isOpen).length;
  const counts = [
    opened > 0 ? `${opened} new` : "",
    transitions.length > opened ? `${transitions.length - opened} closed` : "",
  ];
  const subject =
    first && transitions.length === 1
      ? headline(first)
      : `alerts: ${counts.filter((count) => count !== "").join(", ")}`;
  return {
    recipient,
    subject: `${nameInLine(providerName)}: ${subject}`,
    text: `Hello,

${transitions.map((each) => paragraph(each, url)).join("\n\n")}

All alerts, and the rules for them:

${url("/alerts")}
`,
  };
}

function paragraph(transition: AlertTransition, url: MailFacts["url"]): string {
  const { endpoint, sentence, isOpen, kind } = transition;
  const page = kind === "exhausted" ? "/failures" : `/endpoints/${endpoint.endpointId}`;
  return `${headline(transition)} (${endpoint.urlMasked})
${isOpen ? sentence : "The problem is over."}${isOpen && kind === "disabled" ? " Its deliveries are held until you enable it." : ""}
${url(page)}`;
}
