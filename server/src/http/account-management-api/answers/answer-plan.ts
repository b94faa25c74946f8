import { list } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { planToJson, representPlan, type Plan } from "#portal/products/index.ts";
import type { Call } from "../operation.ts";
import type { Answer } from "./send-answer.ts";
import { writeJson } from "./write-json.ts";

type Asked = Pick<Call, "provider" | "adminUrl">;

/** A plan in both formats. */
export const answerPlan = ({ provider, adminUrl }: Asked, plan: Plan): Answer => ({
  xml: () => writeXmlDocument(representPlan(plan)),
  json: () => writeJson(planToJson(plan, provider, adminUrl)),
  lastModified: plan.updatedAt,
});

/** Plans of any kind: the list has one name for all. */
export const answerPlans = ({ provider, adminUrl }: Asked, plans: readonly Plan[]): Answer => ({
  xml: () => writeXmlDocument(list("plans", plans.map(representPlan), "open")),
  json: () => writeJson({ plans: plans.map((plan) => planToJson(plan, provider, adminUrl)) }),
});

/** Where a plan of a product can be read. */
export const pathOfPlan = ({ adminUrl }: Asked, { id, productId }: Plan): string =>
  productId === null
    ? `${adminUrl}/admin/api/account_plans/${id}`
    : `${adminUrl}/admin/api/services/${productId}/application_plans/${id}`;
