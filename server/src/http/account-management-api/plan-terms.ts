import { Type } from "typebox";
import type { Pool } from "#platform/database/database.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { propertySchemas } from "#portal/fields/index.ts";
import {
  countLimitsOfPlan,
  createLimit,
  createPricingRule,
  deleteTerm,
  limitFields,
  limitToJson,
  listLimits,
  listPricingRules,
  type PricingRule,
  pricingRuleFields,
  pricingRuleToJson,
  readApplicationPlan,
  readLimit,
  readPlanAndMetric,
  representLimit,
  representPricingRule,
  updateLimit,
  type UsageLimit,
} from "#portal/products/index.ts";
import { exampleAdminUrl, exampleHits, exampleLimit, examplePricingRule, exampleProvider } from "./example-portal.ts";
import { type Call, type Operation, pageMetadata, type PageMetadata, pageQuery, parsePage } from "./operation.ts";
import {
  type ApiResponse,
  idSchema,
  linksSchema,
  metadataSchema,
  renderJson,
  renderJsonList,
  renderXmlList,
  requireSuccess,
  type ResponseDoc,
  timestamps,
} from "./responses.ts";

const LimitSchema = Type.Object({
  limit: Type.Object(
    {
      id: idSchema,
      ...propertySchemas(limitFields, "complete"),
      metric_id: idSchema,
      plan_id: idSchema,
      ...timestamps,
      links: linksSchema,
    },
    { title: "Limit" },
  ),
});

const PricingRuleSchema = Type.Object({
  pricing_rule: Type.Object(
    {
      id: idSchema,
      metric_id: idSchema,
      cost_per_unit: Type.String(),
      min: Type.Integer(),
      max: Type.Optional(Type.Integer({ description: "Absent without an upper bound." })),
      ...timestamps,
      links: linksSchema,
    },
    { title: "PricingRule" },
  ),
});

interface TermsContext extends Pick<Call, "provider" | "adminUrl"> {
  /** The product of the plan in the path. */
  readonly productId: number;
}

const renderLimit = (context: TermsContext, limit: UsageLimit): ApiResponse => ({
  xml: () => renderXmlDocument(representLimit(limit)),
  json: () => renderJson(limitToJson(limit, context)),
  lastModified: limit.updatedAt,
});

const renderLimits = (context: TermsContext, limits: readonly UsageLimit[], metadata?: PageMetadata): ApiResponse => ({
  xml: () => renderXmlList("limits", limits, representLimit, metadata),
  json: () => renderJsonList("limits", limits, (limit) => limitToJson(limit, context), metadata),
});

const renderRule = (context: TermsContext, rule: PricingRule): ApiResponse => ({
  xml: () => renderXmlDocument(representPricingRule(rule)),
  json: () => renderJson(pricingRuleToJson(rule, context)),
  lastModified: rule.updatedAt,
});

const renderRules = (context: TermsContext, rules: readonly PricingRule[]): ApiResponse => ({
  xml: () => renderXmlList("pricing_rules", rules, representPricingRule),
  json: () => renderJsonList("pricing_rules", rules, (rule) => pricingRuleToJson(rule, context)),
});

const exampleContext = { provider: exampleProvider, adminUrl: exampleAdminUrl, productId: exampleHits.productId };

const limitResponse: ResponseDoc = { schema: LimitSchema, example: renderLimit(exampleContext, exampleLimit) };
const limitsOfMetricResponse: ResponseDoc = {
  schema: Type.Object({ limits: Type.Array(LimitSchema) }),
  example: renderLimits(exampleContext, [exampleLimit]),
};
const limitsOfPlanResponse: ResponseDoc = {
  schema: Type.Object({ limits: Type.Array(LimitSchema), metadata: metadataSchema }),
  example: renderLimits(exampleContext, [exampleLimit]),
};
const ruleResponse: ResponseDoc = {
  schema: PricingRuleSchema,
  example: renderRule(exampleContext, examplePricingRule),
};
const rulesResponse: ResponseDoc = {
  schema: Type.Object({ pricing_rules: Type.Array(PricingRuleSchema) }),
  example: renderRules(exampleContext, [examplePricingRule]),
};

/** The plan and the metric in the path. */
const referenceOf = ({ provider, id }: Call) => ({
  providerId: provider.id,
  planId: id("application_plan_id"),
  metricId: id("metric_id"),
});

/** Returns the context of a plan's documents. Throws `not-found` unless the caller may see the plan in the path. */
async function requirePlan(pool: Pool, call: Call): Promise<TermsContext> {
  const reference = { providerId: call.provider.id, planId: call.id("application_plan_id") };
  const { productId } = requireSuccess(await readApplicationPlan(pool, reference, call.caller));
  return { provider: call.provider, adminUrl: call.adminUrl, productId };
}

/** The same, and throws `not-found` unless the metric in the path belongs to the plan's product. */
async function requirePlanAndMetric(pool: Pool, call: Call): Promise<TermsContext> {
  const { plan } = requireSuccess(await readPlanAndMetric(pool, referenceOf(call), call.caller));
  return { provider: call.provider, adminUrl: call.adminUrl, productId: plan.productId };
}

const planPath = "/application_plans/{application_plan_id}";
const limitsPath = `${planPath}/metrics/{metric_id}/limits` as const;
const rulesPath = `${planPath}/metrics/{metric_id}/pricing_rules` as const;

/** Columns of 3scale's limits that the path determines, or nobody sets. */
const ignoredTermFields = ["created_at", "metric_id", "plan_id", "plan_type", "tenant_id", "updated_at"];

export const limitOperations: readonly Operation[] = [
  {
    title: "Limits List per Application Plan",
    description: "Lists the limits of an application plan, oldest first.",
    method: "GET",
    path: `${planPath}/limits`,
    action: "read-products",
    query: Type.Object(pageQuery),
    response: limitsOfPlanResponse,
    async handle({ pool }, call) {
      const context = await requirePlan(pool, call);
      const of = { providerId: call.provider.id, planId: call.id("application_plan_id") };
      const page = parsePage(call.query);
      const limits = await listLimits(pool, of, page);
      const total = await countLimitsOfPlan(pool, of.providerId, of.planId);
      return renderLimits(context, limits, pageMetadata(page, total));
    },
  },
  {
    title: "Limits List per Metric",
    description: "Lists the limits of a metric in all application plans, as 3scale does, oldest first.",
    method: "GET",
    path: limitsPath,
    action: "read-products",
    response: limitsOfMetricResponse,
    async handle({ pool }, call) {
      const context = await requirePlanAndMetric(pool, call);
      const { providerId, metricId } = referenceOf(call);
      return renderLimits(context, await listLimits(pool, { providerId, metricId }));
    },
  },
  {
    title: "Limit Create",
    description: "Adds a limit of a metric or method to an application plan: one for each period.",
    method: "POST",
    path: limitsPath,
    action: "change-plans",
    body: Type.Object(propertySchemas(limitFields, "complete"), { examples: [{ period: "minute", value: 100 }] }),
    wrapper: "usage_limit",
    wrapperMayBeEmpty: true,
    ignored: ignoredTermFields,
    response: limitResponse,
    async handle({ pool }, call) {
      const context = await requirePlanAndMetric(pool, call);
      const { values, by } = call;
      const { limit } = requireSuccess(await createLimit(pool, { ...referenceOf(call), values, by }));
      const location = `/application_plans/${limit.planId}/metrics/${limit.metricId}/limits/${limit.id}`;
      return { ...renderLimit(context, limit), location };
    },
  },
  {
    title: "Limit Read",
    description: "Returns a limit.",
    method: "GET",
    path: `${limitsPath}/{id}`,
    action: "read-products",
    response: limitResponse,
    async handle({ pool }, call) {
      const context = await requirePlanAndMetric(pool, call);
      const limit = await readLimit(pool, { ...referenceOf(call), id: call.id("id") });
      return renderLimit(context, requireSuccess(limit));
    },
  },
  {
    title: "Limit Update",
    description: "Updates a limit. Absent fields keep their values.",
    method: "PUT",
    path: `${limitsPath}/{id}`,
    action: "change-plans",
    body: Type.Object(propertySchemas(limitFields, "change"), { examples: [{ value: 200 }] }),
    wrapper: "usage_limit",
    wrapperMayBeEmpty: true,
    ignored: ignoredTermFields,
    response: limitResponse,
    async handle({ pool }, call) {
      const context = await requirePlanAndMetric(pool, call);
      const { values, by } = call;
      const outcome = await updateLimit(pool, { ...referenceOf(call), id: call.id("id"), values, by });
      return renderLimit(context, requireSuccess(outcome).limit);
    },
  },
  {
    title: "Limit Delete",
    description: "Deletes a limit.",
    method: "DELETE",
    path: `${limitsPath}/{id}`,
    action: "change-plans",
    async handle({ pool }, call) {
      requireSuccess(await deleteTerm(pool, { term: "limit", ...referenceOf(call), id: call.id("id"), by: call.by }));
      return {};
    },
  },
];

export const pricingRuleOperations: readonly Operation[] = [
  {
    title: "Pricing Rules List per Application Plan",
    description: "Lists the pricing rules of an application plan, oldest first.",
    method: "GET",
    path: `${planPath}/pricing_rules`,
    action: "read-products",
    response: rulesResponse,
    async handle({ pool }, call) {
      const context = await requirePlan(pool, call);
      const of = { providerId: call.provider.id, planId: call.id("application_plan_id") };
      return renderRules(context, await listPricingRules(pool, of));
    },
  },
  {
    title: "Pricing Rules List per Metric",
    description: "Lists the pricing rules of a metric in all application plans, as 3scale does, oldest first.",
    method: "GET",
    path: rulesPath,
    action: "read-products",
    response: rulesResponse,
    async handle({ pool }, call) {
      const context = await requirePlanAndMetric(pool, call);
      const { providerId, metricId } = referenceOf(call);
      return renderRules(context, await listPricingRules(pool, { providerId, metricId }));
    },
  },
  {
    title: "Pricing Rule Create",
    description: "Adds a price of a metric or method to an application plan. Ranges of one metric may not overlap.",
    method: "POST",
    path: rulesPath,
    action: "change-plans",
    body: Type.Object(propertySchemas(pricingRuleFields, "complete"), {
      examples: [{ min: 1001, cost_per_unit: 0.01 }],
    }),
    wrapper: "pricing_rule",
    ignored: ignoredTermFields,
    response: ruleResponse,
    async handle({ pool }, call) {
      const context = await requirePlanAndMetric(pool, call);
      const { values, by } = call;
      const { rule } = requireSuccess(await createPricingRule(pool, { ...referenceOf(call), values, by }));
      const location = `/application_plans/${rule.planId}/metrics/${rule.metricId}/pricing_rules/${rule.id}`;
      return { ...renderRule(context, rule), location };
    },
  },
  {
    title: "Pricing Rule Delete",
    description: "Deletes a pricing rule.",
    method: "DELETE",
    path: `${rulesPath}/{id}`,
    action: "change-plans",
    async handle({ pool }, call) {
      requireSuccess(
        await deleteTerm(pool, { term: "pricing_rule", ...referenceOf(call), id: call.id("id"), by: call.by }),
      );
      return {};
    },
  },
];
