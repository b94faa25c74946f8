import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import {
  changeApplicationPlan,
  readPlanRequest,
  requestPlan,
  titleOf,
  withdrawPlanRequest,
} from "#portal/applications/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { type Plan, listPlans, planStepOf } from "#portal/products/index.ts";
import { type OwnApplication, applicationChange, applicationLink, requireApplication } from "./application.ts";
import { notOffered } from "./form-fields.ts";
import { addFormPage, mailLimitErrors, showForm } from "./form-pages.ts";
import { showNotAllowed, showNotFound } from "./message-pages.ts";
import { type Portal, redirectWithNotice } from "./page.ts";
import { describePlan, planField } from "./plans.ts";

/** Another plan for an application: at once, or asked for where the provider decides. */
export function addApplicationPlanPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addFormPage(http, portal, {
    path: "/applications/:id/plan",
    show: requireApplication(portal, (request, reply, owned) => showApplicationPlans(portal, request, reply, owned)),
    take: requireApplication(portal, (request, reply, owned) =>
      submitApplicationPlan(portal, request, reply, { ...owned, limiter }),
    ),
  });
}

async function showApplicationPlans(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  owned: OwnApplication & { readonly errors?: FieldErrors; readonly status?: number },
): Promise<FastifyReply> {
  const { application, developer, errors, status } = owned;
  const { provider } = request;
  const other = await findOtherPlans(portal.pool, provider.id, owned);
  if (!other) return showNotAllowed(portal, request, reply, developer);
  const asked = await readPlanRequest(portal.pool, provider.id, application.id);
  const isAsking = other.step === "ask";
  const title = isAsking ? "Ask for another plan" : "Change plan";
  const lead = [
    `${titleOf(application)} is on the plan ${describePlan(application.plan)}.`,
    ...(isAsking ? [`${provider.name} decides whether it moves to another.`] : []),
    ...(isAsking && asked ? [`You have asked for ${asked.planName}.`] : []),
  ];
  return showForm(portal, request, reply, {
    title,
    lead: lead.join(" "),
    fields: [planField(other.plans.map((plan) => ({ plan })))],
    submit: isAsking ? "Ask for it" : title,
    back: applicationLink(application),
    developer,
    errors,
    status,
  });
}

async function submitApplicationPlan(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { limiter, ...owned }: OwnApplication & { readonly limiter: AttemptLimiter },
): Promise<FastifyReply> {
  const { application, developer } = owned;
  const { plan_id: planId } = readForm(request.body);
  const other = await findOtherPlans(portal.pool, request.provider.id, owned);
  if (!other) return showNotAllowed(portal, request, reply, developer);
  const plan = other.plans.find(({ id }) => String(id) === planId);
  if (!plan) return showApplicationPlans(portal, request, reply, { ...owned, errors: { plan_id: notOffered } });
  const tooMany = other.step === "ask" ? await mailLimitErrors(limiter, request, developer) : undefined;
  if (tooMany) return showApplicationPlans(portal, request, reply, { ...owned, errors: tooMany, status: 429 });

  const wanted = { ...applicationChange(portal, request, owned), planId: plan.id };
  const page = `/p/admin/accounts/${application.accountId}/applications/${application.id}`;
  const decideAt = `${portal.adminPortalUrl(request.provider)}${page}`;
  const done = await (other.step === "ask"
    ? requestPlan(portal.pool, { ...wanted, decideAt })
    : changeApplicationPlan(portal.pool, wanted));
  if (!done || "notFound" in done) return showNotFound(reply);
  return "notAllowed" in done
    ? showNotAllowed(portal, request, reply, developer)
    : redirectWithNotice(
        reply,
        `/applications/${application.id}`,
        other.step === "ask" ? "plan-asked-for" : "plan-changed",
      );
}

export interface OtherPlans {
  /** Move to one of them at once, or ask for it. */
  readonly step: "change" | "ask";
  readonly plans: readonly Plan[];
}

/** The other plans that a developer may have for an application. Undefined where there is none, or it is not to be had. */
export async function findOtherPlans(
  db: Database,
  providerId: number,
  { application: { product, plan }, developer: { account } }: OwnApplication,
): Promise<OtherPlans | undefined> {
  const step = planStepOf(product.buyerPlanChangePermission, account.creditCardToken !== null);
  if (step === "none") return undefined;
  const all = await listPlans(db, providerId, { kind: "application_plan", productId: product.id });
  const plans = all.filter(({ id, state }) => state === "published" && id !== plan.id);
  return plans.length > 0 ? { step, plans } : undefined;
}

/** Takes back what was asked for an application, while nobody has decided. */
export function addWithdrawPlanRequestPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/plan/withdraw",
    show: requireApplication(portal, async (request, reply, { application, developer }) => {
      const asked = await readPlanRequest(portal.pool, request.provider.id, application.id);
      if (!asked) return showNotFound(reply);
      return showForm(portal, request, reply, {
        title: `Withdraw the request for ${asked.planName}?`,
        lead: `${titleOf(application)} stays on the plan ${application.plan.name}.`,
        submit: "Withdraw request",
        back: applicationLink(application),
        developer,
      });
    }),
    take: requireApplication(portal, async (request, reply, owned) =>
      (await withdrawPlanRequest(portal.pool, applicationChange(portal, request, owned)))
        ? redirectWithNotice(reply, `/applications/${owned.application.id}`, "request-withdrawn")
        : showNotFound(reply),
    ),
  });
}
