import { record, value, type Node } from "#platform/document/document.ts";
import { keepXml } from "#platform/document/write-xml.ts";

import type { Plan } from "./plan.ts";

// A plan that is remembered is one object in all accounts that are on it: their documents hold one and the same node.
const known = new WeakMap<Plan, Node>();

/** A plan as documents contain it. */
export function representPlan(plan: Plan): Node {
  const found = known.get(plan);
  if (found) return found;
  const node = keepXml(makeNode(plan));
  known.set(plan, node);
  return node;
}

const makeNode = (plan: Plan): Node =>
  record(
    "plan",
    [
      value("id", plan.id),
      value("name", plan.name),
      value("type", plan.kind),
      value("state", plan.state),
      value("approval_required", plan.approvalRequired),
      value("setup_fee", { decimal: plan.setupFee }),
      value("cost_per_month", { decimal: plan.costPerMonth }),
      value("trial_period_days", plan.trialPeriodDays),
      value("cancellation_period", plan.cancellationPeriodSeconds),
      ...(plan.productId === null ? [] : [value("service_id", plan.productId)]),
    ],
    attributesOf(plan),
  );

/** Only an application plan says that it is not the default. */
function attributesOf(plan: Plan): Readonly<Record<string, boolean>> {
  if (plan.kind === "application_plan") return { custom: plan.customizedFrom !== null, default: plan.isDefault };
  return plan.isDefault ? { default: true } : {};
}
