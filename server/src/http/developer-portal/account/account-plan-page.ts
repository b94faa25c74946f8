import type { FastifyInstance } from "fastify";
import type { Database } from "#platform/database/database.ts";
import type { Account } from "#portal/accounts/index.ts";
import { listPlans, planStepOf, type Plan } from "#portal/products/index.ts";
import { readProviderSettings } from "#portal/provider-account/index.ts";
import { changeAccountPlan } from "#portal/whole-accounts/index.ts";
import { readForm } from "../../shared/read-form.ts";
import { byDeveloper } from "../by-developer.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";

/** The account's own plan, where the provider lets its developers change it at once. */
export function addAccountPlanPage(http: FastifyInstance, portal: Portal): void {
  const { pool } = portal;
  addAdminFormPage(http, portal, {
    path: "/account/plan",
    show: async (request, reply, developer) => {
      const plans = await findOpenAccountPlans(pool, request.provider.id, developer.account);
      if (plans.length === 0) return showNotFound(reply);
      return showForm(portal, request, reply, {
        title: "Change account plan",
        fields: [
          {
            name: "plan_id",
            label: "Plan",
            type: "text",
            required: true,
            options: plans.map(({ id, name }) => ({ value: String(id), text: name })),
          },
        ],
        submit: "Change plan",
        back: { href: "/account", text: "My account" },
        developer,
      });
    },
    take: async (request, reply, developer) => {
      const { provider } = request;
      const { plan_id: planId } = readForm(request.body);
      const plans = await findOpenAccountPlans(pool, provider.id, developer.account);
      const plan = plans.find(({ id }) => String(id) === planId);
      if (!plan) return showNotFound(reply);
      const changed = await changeAccountPlan(pool, {
        provider,
        accountId: developer.account.id,
        planId: plan.id,
        by: byDeveloper(portal, developer),
      });
      return changed && !("notFound" in changed) ? goOnTo(reply, "/account", "plan-changed") : showNotFound(reply);
    },
  });
}

/** The plans that the account's admins may move it to by themselves. None where that is the provider's to do. */
export async function findOpenAccountPlans(
  db: Database,
  providerId: number,
  account: Account,
): Promise<readonly Plan[]> {
  const { changeAccountPlanPermission: permission } = await readProviderSettings(db, providerId);
  if (planStepOf(permission, account.creditCardToken !== null) !== "change") return [];
  const plans = await listPlans(db, providerId, { kind: "account_plan" });
  return plans.filter(({ id, state }) => state === "published" && id !== account.planId);
}
