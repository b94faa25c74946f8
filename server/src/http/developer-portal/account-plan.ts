import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import type { Account } from "#portal/accounts/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { type Plan, listPlans, planStepOf, readPlans } from "#portal/products/index.ts";
import { readProviderSettings } from "#portal/provider-account/index.ts";
import {
  changeAccountPlan,
  readAccountPlanRequest,
  requestAccountPlan,
  withdrawAccountPlanRequest,
} from "#portal/whole-accounts/index.ts";
import { type Developer, byDeveloper } from "./developer.ts";
import { notOffered } from "./form-fields.ts";
import { addAdminFormPage, mailLimitErrors, showForm } from "./form-pages.ts";
import { showNotFound } from "./message-pages.ts";
import { type Portal, redirectWithNotice } from "./page.ts";
import { describePlan, planField } from "./plans.ts";

/** Another plan for the account: at once, or asked for where the provider decides. */
export function addAccountPlanPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/plan",
    show: (request, reply, developer) => showAccountPlans(portal, request, reply, developer),
    take: (request, reply, developer) => submitAccountPlan(portal, request, reply, { ...developer, limiter }),
  });
}

async function showAccountPlans(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { errors, status, ...developer }: Developer & { readonly errors?: FieldErrors; readonly status?: number },
): Promise<FastifyReply> {
  const { provider } = request;
  const { account } = developer;
  const other = await findOtherAccountPlans(portal.pool, provider.id, account);
  if (!other) return showNotFound(reply);
  const isAsking = other.step === "ask";
  const asked = isAsking ? await readAccountPlanRequest(portal.pool, provider.id, account.id) : undefined;
  const [current] = await readPlans(portal.pool, provider.id, [account.planId]);
  const lead = [
    ...(current ? [`${account.orgName} is on the plan ${describePlan(current)}.`] : []),
    ...(isAsking ? [`${provider.name} decides whether your account moves to another.`] : []),
    ...(asked ? [`You have asked for ${asked.planName}.`] : []),
  ];
  return showForm(portal, request, reply, {
    title: isAsking ? "Ask for another account plan" : "Change account plan",
    lead: lead.join(" "),
    fields: [planField(other.plans.map((plan) => ({ plan })))],
    submit: isAsking ? "Ask for it" : "Change plan",
    back: { href: "/account", text: "My account" },
    developer,
    errors,
    status,
  });
}

async function submitAccountPlan(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { limiter, ...developer }: Developer & { readonly limiter: AttemptLimiter },
): Promise<FastifyReply> {
  const { provider } = request;
  const { id: accountId } = developer.account;
  const { plan_id: planId } = readForm(request.body);
  const other = await findOtherAccountPlans(portal.pool, provider.id, developer.account);
  if (!other) return showNotFound(reply);
  const plan = other.plans.find(({ id }) => String(id) === planId);
  if (!plan) return showAccountPlans(portal, request, reply, { ...developer, errors: { plan_id: notOffered } });
  const tooMany = other.step === "ask" ? await mailLimitErrors(limiter, request, developer) : undefined;
  if (tooMany) return showAccountPlans(portal, request, reply, { ...developer, errors: tooMany, status: 429 });
  const wanted = { provider, accountId, planId: plan.id, by: byDeveloper(portal, developer) };
  const decideAt = `${portal.adminPortalUrl(provider)}/p/admin/accounts/${accountId}`;
  const done = await (other.step === "ask"
    ? requestAccountPlan(portal.pool, { ...wanted, decideAt })
    : changeAccountPlan(portal.pool, wanted));
  if (!done || "notFound" in done) return showNotFound(reply);
  return redirectWithNotice(reply, "/account", other.step === "ask" ? "plan-asked-for" : "plan-changed");
}

interface OtherAccountPlans {
  readonly step: "change" | "ask";
  readonly plans: readonly Plan[];
}

/** The plans that the account's admins may move it to or ask for. Undefined where there is no other, or neither. */
export async function findOtherAccountPlans(
  db: Database,
  providerId: number,
  account: Account,
): Promise<OtherAccountPlans | undefined> {
  const { changeAccountPlanPermission: permission } = await readProviderSettings(db, providerId);
  const step = planStepOf(permission, account.creditCardToken !== null);
  if (step === "none") return undefined;
  const plans = (await listPlans(db, providerId, { kind: "account_plan" })).filter(
    ({ id, state }) => state === "published" && id !== account.planId,
  );
  return plans.length > 0 ? { step, plans } : undefined;
}

/** Takes back what was asked for the account, while nobody has decided. */
export function addWithdrawAccountPlanRequestPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/plan/withdraw",
    show: async (request, reply, developer) => {
      const asked = await readAccountPlanRequest(portal.pool, request.provider.id, developer.account.id);
      if (!asked) return showNotFound(reply);
      return showForm(portal, request, reply, {
        title: `Withdraw the request for ${asked.planName}?`,
        lead: "Your account stays on the plan that it has.",
        submit: "Withdraw request",
        back: { href: "/account", text: "My account" },
        developer,
      });
    },
    take: async (request, reply, { account }) =>
      (await withdrawAccountPlanRequest(portal.pool, { provider: request.provider, accountId: account.id }))
        ? redirectWithNotice(reply, "/account", "request-withdrawn")
        : showNotFound(reply),
  });
}
