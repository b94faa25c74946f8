import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { changeApplicationPlan, readPlanRequest, requestPlan, titleOf } from "#portal/applications/index.ts";
import type { AttemptLimiter } from "#access/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { readForm } from "../../shared/read-form.ts";
import { addFormPage } from "../forms/add-form-page.ts";
import { notOffered } from "../forms/form-field.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { planField } from "../plan-field.ts";
import { planInWords } from "../plan-in-words.ts";
import { showNotAllowed } from "../show-not-allowed.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { tooManyMails } from "../too-many-mails.ts";
import { findOtherPlans } from "./find-other-plans.ts";
import { backTo, changeOf, withApplication, type Owned } from "./with-application.ts";

/** Another plan for an application: at once, or asked for where the provider decides. */
export function addApplicationPlanPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addFormPage(http, portal, {
    path: "/applications/:id/plan",
    show: withApplication(portal, (request, reply, owned) => showPlans(portal, request, reply, owned)),
    take: withApplication(portal, (request, reply, owned) => takePlan(portal, request, reply, { ...owned, limiter })),
  });
}

async function showPlans(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  owned: Owned & { readonly errors?: FieldErrors; readonly status?: number },
): Promise<FastifyReply> {
  const { application, developer, errors, status } = owned;
  const { provider } = request;
  const other = await findOtherPlans(portal.pool, provider.id, owned);
  if (!other) return showNotAllowed(portal, request, reply, developer);
  const asked = await readPlanRequest(portal.pool, provider.id, application.id);
  const isAsking = other.step === "ask";
  const title = isAsking ? "Ask for another plan" : "Change plan";
  const lead = [
    `${titleOf(application)} is on the plan ${planInWords(application.plan)}.`,
    ...(isAsking ? [`${provider.name} decides whether it moves to another.`] : []),
    ...(isAsking && asked ? [`You have asked for ${asked.planName}.`] : []),
  ];
  return showForm(portal, request, reply, {
    title,
    lead: lead.join(" "),
    fields: [planField(other.plans.map((plan) => ({ plan })))],
    submit: isAsking ? "Ask for it" : title,
    back: backTo(application),
    developer,
    errors,
    status,
  });
}

async function takePlan(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { limiter, ...owned }: Owned & { readonly limiter: AttemptLimiter },
): Promise<FastifyReply> {
  const { application, developer } = owned;
  const { plan_id: planId } = readForm(request.body);
  const other = await findOtherPlans(portal.pool, request.provider.id, owned);
  if (!other) return showNotAllowed(portal, request, reply, developer);
  const plan = other.plans.find(({ id }) => String(id) === planId);
  if (!plan) return showPlans(portal, request, reply, { ...owned, errors: { plan_id: notOffered } });
  const tooMany = other.step === "ask" ? await tooManyMails(limiter, request, developer) : undefined;
  if (tooMany) return showPlans(portal, request, reply, { ...owned, errors: tooMany, status: 429 });

  const wanted = { ...changeOf(portal, request, owned), planId: plan.id };
  const page = `/p/admin/accounts/${application.accountId}/applications/${application.id}`;
  const decideAt = `${portal.adminPortalUrl(request.provider)}${page}`;
  const done = await (other.step === "ask"
    ? requestPlan(portal.pool, { ...wanted, decideAt })
    : changeApplicationPlan(portal.pool, wanted));
  if (!done || "notFound" in done) return showNotFound(reply);
  return "notAllowed" in done
    ? showNotAllowed(portal, request, reply, developer)
    : goOnTo(reply, `/applications/${application.id}`, other.step === "ask" ? "plan-asked-for" : "plan-changed");
}
