import { Type } from "typebox";
import {
  alertKindNames,
  createAlertRule,
  deleteAlertRule,
  insertDefaultRules,
  listAlertRules,
  listAlerts,
  muteAlert,
  readAlert,
  readAlertRule,
  updateAlertRule,
  type Alert,
} from "#alerts/index.ts";
import { parseRowId } from "#platform/ids.ts";
import { Problem } from "../shared/problem.ts";
import {
  IdOf,
  Nullable,
  pageLimit,
  pageOf,
  pageQuery,
  parseCursor,
  parseTimes,
  representAs,
  representPage,
  Timestamp,
  valuesOf,
} from "./fields.ts";
import {
  created,
  noContent,
  noContentResponse,
  operation,
  requireAccepted,
  requireFound,
  type Operation,
} from "./operation.ts";

const KindSchema = Type.Enum([...alertKindNames], {
  title: "AlertKind",
  description:
    "`success_rate`: share of successful attempts in the last 15 minutes is below the threshold, from 0 to 1. " +
    "`latency_p95`: 95th percentile of the latency in the last 15 minutes is above the threshold, in milliseconds. " +
    "`oldest_waiting`: the oldest delivery waits for longer than the threshold, in seconds. " +
    "`certificate`: the receiver's certificate expires within the threshold, in days. " +
    "`disabled`: Bellwire disabled the endpoint. `exhausted`: deliveries fail with their last attempt.",
});

const seconds = (description: string) => Type.Integer({ minimum: 0, maximum: 86_400, description });

const settingSchemas = {
  threshold: Nullable(
    Type.Number({ description: "The alert opens beyond this value. Null for `disabled` and `exhausted`." }),
  ),
  clear_threshold: Nullable(
    Type.Number({
      description: "The alert closes within this value. Not worse than `threshold`; null if `threshold` is null.",
    }),
  ),
  for_seconds: seconds("How long the problem must last before the alert opens."),
  clear_for_seconds: seconds("How long the recovery must last before the alert closes."),
  min_attempts: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: "Success rate and latency of fewer attempts are ignored.",
  }),
  is_enabled: Type.Boolean({
    description:
      "If false, the rule opens no alerts. A disabled rule of an endpoint also replaces the general rule there.",
  }),
  by_mail: Type.Boolean({ description: "Whether the admins get a mail when an alert opens or closes." }),
};

const endpointSchema = Nullable(
  IdOf("the endpoint. Null: all endpoints. A rule of one endpoint replaces the rule of its kind for all"),
);

const AlertRuleSchema = Type.Object(
  {
    id: Type.Integer(),
    endpoint_id: endpointSchema,
    kind: KindSchema,
    ...settingSchemas,
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { title: "AlertRule", description: "When alerts of one kind open and close." },
);

const AlertSchema = Type.Object(
  {
    id: Type.Integer(),
    endpoint_id: Type.Integer(),
    endpoint_name: Type.String(),
    kind: KindSchema,
    state: Type.Enum(["open", "clearing", "closed"], {
      description: "`clearing`: the endpoint has recovered, but not for long enough.",
    }),
    value: Nullable(Type.Number({ description: "From the last evaluation with a known value." })),
    threshold: Nullable(Type.Number()),
    sentence: Type.String({ description: "Describes the problem." }),
    opened_at: Timestamp,
    closed_at: Nullable(Timestamp),
    muted: Type.Boolean({ description: "If true, the alert sends no mail and no event, and shows no banner." }),
    muted_until: Nullable(Type.String({ ...Timestamp, description: "Null for a mute until the alert closes." })),
    muted_by: Nullable(
      Type.String({ description: "The user who muted it, also with an access token. Null for the provider key." }),
    ),
  },
  { title: "Alert", description: "A problem of an endpoint, detected by a rule." },
);

export const representAlertRule = representAs(AlertRuleSchema);

const toAlert = representAs(AlertSchema);
export const representAlert = (alert: Alert) => toAlert({ ...alert, muted: alert.isMuted });

const ruleParams = Type.Object({ id: IdOf("the alert rule") });
const alertParams = Type.Object({ id: IdOf("the alert") });

const RuleChangeSchema = Type.Partial(Type.Object(settingSchemas), { additionalProperties: false });
const NewRuleSchema = Type.Object(
  { kind: KindSchema, endpoint_id: Type.Optional(endpointSchema), ...RuleChangeSchema.properties },
  { additionalProperties: false },
);

/** Settings that a new rule may leave out. */
const defaults = {
  threshold: null,
  clearThreshold: null,
  forSeconds: 300,
  clearForSeconds: 300,
  minAttempts: 20,
  isEnabled: true,
  byMail: true,
} as const;

const ruleOperations: readonly Operation[] = [
  operation({
    id: "listAlertRules",
    title: "List the alert rules",
    description: "Those of all endpoints first. A new provider has one of each kind.",
    method: "GET",
    path: "/alert-rules",
    action: "read-webhooks",
    responses: { 200: Type.Object({ data: Type.Array(AlertRuleSchema) }) },
    async handle({ pool }, { provider }) {
      await insertDefaultRules(pool); // the first evaluation may be a minute away
      return { data: (await listAlertRules(pool, provider.id)).map(representAlertRule) };
    },
  }),
  operation({
    id: "createAlertRule",
    title: "Create an alert rule",
    description: "There is one rule for each kind and endpoint, and one for each kind and all endpoints.",
    method: "POST",
    path: "/alert-rules",
    action: "change-webhooks",
    body: NewRuleSchema,
    responses: { 201: AlertRuleSchema },
    async handle({ pool }, { provider, by: { actor }, body: { kind, endpoint_id: endpointId = null, ...settings } }) {
      const rule = { ...defaults, ...valuesOf(settings), kind, endpointId };
      const outcome = await createAlertRule(pool, { providerId: provider.id, actor }, rule);
      requireAccepted(outcome);
      return created(`/alert-rules/${outcome.id}`, representAlertRule(outcome));
    },
  }),
  operation({
    id: "readAlertRule",
    title: "Read an alert rule",
    description: "With its thresholds and durations.",
    method: "GET",
    path: "/alert-rules/{id}",
    action: "read-webhooks",
    params: ruleParams,
    responses: { 200: AlertRuleSchema },
    handle: async ({ pool }, { provider, params: { id } }) =>
      representAlertRule(requireFound(await readAlertRule(pool, provider.id, id))),
  }),
  operation({
    id: "changeAlertRule",
    title: "Change an alert rule",
    description: "Omitted settings stay. Open alerts follow the new settings at the next evaluation, within a minute.",
    method: "PATCH",
    path: "/alert-rules/{id}",
    action: "change-webhooks",
    params: ruleParams,
    body: RuleChangeSchema,
    responses: { 200: AlertRuleSchema },
    async handle({ pool }, { provider, by: { actor }, params: { id }, body }) {
      const caller = { providerId: provider.id, actor, id };
      const outcome = requireFound(await updateAlertRule(pool, caller, valuesOf(body)));
      requireAccepted(outcome);
      return representAlertRule(outcome);
    },
  }),
  operation({
    id: "deleteAlertRule",
    title: "Delete an alert rule",
    description: "Its open alerts close without a message at the next evaluation.",
    method: "DELETE",
    path: "/alert-rules/{id}",
    action: "change-webhooks",
    params: ruleParams,
    responses: noContentResponse,
    async handle({ pool }, { provider, by: { actor }, params: { id } }) {
      if (!(await deleteAlertRule(pool, { providerId: provider.id, actor, id }))) throw new Problem("not-found");
      return noContent;
    },
  }),
];

const muteOperations: readonly Operation[] = [
  operation({
    id: "muteAlert",
    title: "Mute an open alert",
    description:
      "Without `until`: until it closes. With it, the alert notifies again at that time if it is still open.",
    method: "POST",
    path: "/alerts/{id}/mute",
    action: "change-webhooks",
    params: alertParams,
    body: Type.Object(
      {
        until: Type.Optional(
          Nullable(Type.String({ ...Timestamp, description: "A later time. Null: until it closes." })),
        ),
      },
      { additionalProperties: false },
    ),
    responses: { 200: AlertSchema },
    async handle({ pool }, { provider, by: { actor }, now, params: { id }, body }) {
      const { until } = parseTimes(body.until ? { until: body.until } : {}, ["until"]);
      if (until && until <= now) throw new Problem("invalid", { errors: { until: ["must be in the future"] } });
      const change = { providerId: provider.id, id, actor, isMuted: true, until: until ?? null };
      return representAlert(requireFound(await muteAlert(pool, change)));
    },
  }),
  operation({
    id: "unmuteAlert",
    title: "End the mute of an open alert",
    description: "The admins are notified when it closes.",
    method: "POST",
    path: "/alerts/{id}/unmute",
    action: "change-webhooks",
    params: alertParams,
    responses: { 200: AlertSchema },
    async handle({ pool }, { provider, by: { actor }, params: { id } }) {
      const change = { providerId: provider.id, id, actor, isMuted: false, until: null };
      return representAlert(requireFound(await muteAlert(pool, change)));
    },
  }),
];

export const alertOperations: readonly Operation[] = [
  operation({
    id: "listAlerts",
    title: "List alerts, newest first",
    description: "Open and past ones. Past alerts are kept as long as the history.",
    method: "GET",
    path: "/alerts",
    action: "read-webhooks",
    query: Type.Object({
      ...pageQuery,
      state: Type.Optional(Type.Enum(["open", "closed"], { description: "`open` includes `clearing`." })),
      endpoint_id: Type.Optional(IdOf("the endpoint")),
    }),
    responses: { 200: pageOf(AlertSchema) },
    async handle({ pool }, { provider, query: { limit = pageLimit, after, state, endpoint_id: endpointId } }) {
      const alerts = await listAlerts(pool, {
        providerId: provider.id,
        isClosed: state && state === "closed",
        endpointId,
        before: parseCursor(after, parseRowId),
        limit: limit + 1,
      });
      return representPage(alerts, limit, { represent: representAlert, cursorOf: ({ id }) => String(id) });
    },
  }),
  operation({
    id: "readAlert",
    title: "Read an alert",
    description: "Open or past.",
    method: "GET",
    path: "/alerts/{id}",
    action: "read-webhooks",
    params: alertParams,
    responses: { 200: AlertSchema },
    handle: async ({ pool }, { provider, params: { id } }) =>
      representAlert(requireFound(await readAlert(pool, provider.id, id))),
  }),
  ...muteOperations,
  ...ruleOperations,
];
