import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type AttemptLimiter, createAttemptLimiter } from "#access/index.ts";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import { attemptLimits } from "#platform/limits.ts";
import {
  changeApplicationPlan,
  readPlanRequest,
  requestPlan,
  titleOf,
  withdrawPlanRequest,
} from "#portal/applications/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { type OwnApplication, applicationChange, applicationLink, requireApplication } from "./application.ts";
import { notOffered } from "./form-fields.ts";
import { addFormPage, mailLimitErrors, showForm } from "./form-pages.ts";
import { showNotAllowed, showNotFound } from "./message-pages.ts";
import { type Portal, redirectWithNotice } from "./page.ts";
import { type OtherPlans, describePlan, findOtherPlans, planField } from "./plans.ts";

/** Adds the forms of an application's plan: change it or request a change, and withdraw the request. */
export function addApplicationPlanPages(http: FastifyInstance, portal: Portal): void {
  const limiter = createAttemptLimiter(portal, attemptLimits.planRequests);
  addFormPage(http, portal, {
    path: "/applications/:id/plan",
    show: requireApplication(portal, (request, reply, own) => showApplicationPlans(portal, request, reply, own)),
    submit: requireApplication(portal, (request, reply, own) =>
      submitApplicationPlan(portal, request, reply, { ...own, limiter }),
    ),
  });
  addFormPage(http, portal, {
    path: "/applications/:id/plan/withdraw",
    show: requireApplication(portal, async (request, reply, { application, developer }) => {
      const openRequest = await readPlanRequest(portal.pool, request.provider.id, application.id);
      if (!openRequest) return showNotFound(reply);
      return showForm(portal, request, reply, {
        title: `Withdraw the request for ${openRequest.planName}?`,
        lead: `${titleOf(application)} keeps the plan ${application.plan.name}.`,
        submit: "Withdraw request",
        back: applicationLink(application),
        developer,
      });
    }),
    submit: requireApplication(portal, async (request, reply, own) =>
      (await withdrawPlanRequest(portal.pool, applicationChange(portal, request, own)))
        ? redirectWithNotice(reply, `/applications/${own.application.id}`, "request-withdrawn")
        : showNotFound(reply),
    ),
  });
}

async function showApplicationPlans(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  own: OwnApplication & { readonly errors?: FieldErrors; readonly status?: number },
): Promise<FastifyReply> {
  const { application, developer, errors, status } = own;
  const { provider } = request;
  const other = await findOtherApplicationPlans(portal.pool, provider.id, own);
  if (!other) return showNotAllowed(portal, request, reply, developer);
  const openRequest = await readPlanRequest(portal.pool, provider.id, application.id);
  const isRequest = other.step === "ask";
  const title = isRequest ? "Request another plan" : "Change plan";
  const lead = [
    `${titleOf(application)} is on the plan ${describePlan(application.plan)}.`,
    ...(isRequest ? [`${provider.name} must approve a change.`] : []),
    ...(isRequest && openRequest ? [`You have requested ${openRequest.planName}.`] : []),
  ];
  return showForm(portal, request, reply, {
    title,
    lead: lead.join(" "),
    fields: [planField(other.plans.map((plan) => ({ plan })))],
    submit: isRequest ? "Request plan" : title,
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
  { limiter, ...own }: OwnApplication & { readonly limiter: AttemptLimiter },
): Promise<FastifyReply> {
  const { application, developer } = own;
  const { plan_id: planId } = readForm(request.body);
  const other = await findOtherApplicationPlans(portal.pool, request.provider.id, own);
  if (!other) return showNotAllowed(portal, request, reply, developer);
  const plan = other.plans.find(({ id }) => String(id) === planId);
  if (!plan) return showApplicationPlans(portal, request, reply, { ...own, errors: { plan_id: notOffered } });
  const tooMany = other.step === "ask" ? await mailLimitErrors(limiter, request, developer) : undefined;
  if (tooMany) return showApplicationPlans(portal, request, reply, { ...own, errors: tooMany, status: 429 });

  const change = { ...applicationChange(portal, request, own), planId: plan.id };
  const page = `/p/admin/accounts/${application.accountId}/applications/${application.id}`;
  const decideAt = `${portal.adminPortalUrl(request.provider)}${page}`;
  const outcome = await (other.step === "ask"
    ? requestPlan(portal.pool, { ...change, decideAt })
    : changeApplicationPlan(portal.pool, change));
  if (!outcome || "notFound" in outcome) return showNotFound(reply);
  return "notAllowed" in outcome
    ? showNotAllowed(portal, request, reply, developer)
    : redirectWithNotice(
        reply,
        `/applications/${application.id}`,
        other.step === "ask" ? "plan-requested" : "plan-changed",
      );
}

/** Returns the plans that a developer may choose or request for an application. */
export const findOtherApplicationPlans = (
  db: Database,
  providerId: number,
  { application: { product, plan }, developer: { account } }: OwnApplication,
): Promise<OtherPlans | undefined> =>
  findOtherPlans(db, providerId, {
    account,
    planId: plan.id,
    permission: product.buyerPlanChangePermission,
    filter: { kind: "application_plan", productId: product.id },
  });
