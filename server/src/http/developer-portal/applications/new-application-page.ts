import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createApplication } from "#portal/applications/index.ts";
import { readFieldsDefinitions, type FieldErrors } from "#portal/fields/index.ts";
import { readForm } from "../../shared/read-form.ts";
import { byDeveloper } from "../by-developer.ts";
import type { Developer } from "../find-developer.ts";
import { addFormPage } from "../forms/add-form-page.ts";
import { definedFields, filledIn, valuesFor } from "../forms/defined-fields.ts";
import { notOffered, type FormField } from "../forms/form-field.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { planField } from "../plan-field.ts";
import { planInWords } from "../plan-in-words.ts";
import { showNotAllowed } from "../show-not-allowed.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { findPlansToTake, type PlanToTake } from "./find-plans-to-take.ts";

export function addNewApplicationPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/new",
    show: (request, reply, developer) => showNewForm(portal, request, reply, developer),
    take: (request, reply, developer) => takeNew(portal, request, reply, developer),
  });
}

async function takeNew(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  developer: Developer,
): Promise<FastifyReply> {
  const { provider } = request;
  const form = readForm(request.body);
  const plans = await findPlansToTake(portal.pool, provider.id);
  const chosen = plans.length === 1 ? plans[0] : plans.find(({ plan }) => String(plan.id) === form["plan_id"]);
  if (!chosen) {
    return showNewForm(portal, request, reply, { ...developer, errors: { plan_id: notOffered } });
  }
  const definitions = await readFieldsDefinitions(portal.pool, provider.id);
  const made = await createApplication(portal.pool, {
    provider,
    accountId: developer.account.id,
    planId: chosen.plan.id,
    values: valuesFor(definedFields(definitions, "Cinstance", {}), form),
    writer: "developer",
    by: byDeveloper(portal, developer),
  });
  if (!made || "notFound" in made) return showNotFound(reply);
  if ("notAllowed" in made) return showNotAllowed(portal, request, reply, developer);
  if ("refused" in made) return showNewForm(portal, request, reply, { ...developer, errors: made.refused });
  const { id, state } = made.application;
  return goOnTo(reply, `/applications/${id}`, state === "pending" ? "application-asked-for" : "application-created");
}

async function showNewForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { errors, ...developer }: Developer & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const { id: providerId } = request.provider;
  const plans = await findPlansToTake(portal.pool, providerId);
  if (plans.length === 0) return showNotAllowed(portal, request, reply, developer);
  const fields = definedFields(await readFieldsDefinitions(portal.pool, providerId), "Cinstance", {});
  return showForm(portal, request, reply, {
    title: "New application",
    ...leadOf(plans),
    fields: filledIn([...planFields(plans), ...fields], readForm(request.body)),
    submit: "Create application",
    back: { href: "/applications", text: "Applications" },
    developer,
    errors,
  });
}

/** Where there is one plan alone, nobody is asked: they read which it is. */
const planFields = (plans: readonly PlanToTake[]): readonly FormField[] =>
  plans.length === 1
    ? []
    : [
        planField(
          plans.map((it) => ({ plan: it.plan, name: `${it.product.name}: ${it.plan.name}`, more: moreOf(it) })),
        ),
      ];

const leadOf = ([only, ...others]: readonly PlanToTake[]): { readonly lead?: string } =>
  only && others.length === 0
    ? { lead: `For ${only.product.name}, on the plan ${planInWords(only.plan, moreOf(only))}.` }
    : {};

const moreOf = ({ plan }: PlanToTake): readonly string[] => (plan.approvalRequired ? ["needs approval"] : []);
