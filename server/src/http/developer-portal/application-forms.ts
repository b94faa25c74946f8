import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import { nameInText } from "#platform/xml.ts";
import {
  type Application,
  createApplication,
  deleteApplication,
  titleOf,
  updateApplication,
} from "#portal/applications/index.ts";
import { type FieldErrors, readFieldsDefinitions } from "#portal/fields/index.ts";
import { type Plan, type Product, listPlans, listProducts } from "#portal/products/index.ts";
import { type OwnApplication, applicationChange, applicationLink, requireApplication } from "./application.ts";
import {
  type Developer,
  developerContext,
  type Portal,
  redirectWithNotice,
  showNotAllowed,
  showNotFound,
} from "./page.ts";
import {
  type FormField,
  definedFields,
  earliestSubmissionMs,
  notOffered,
  submittedValues,
  withSubmittedValues,
  addFormPage,
  showForm,
} from "./forms.ts";
import { describePlan, planField } from "./plans.ts";

/** Adds the forms that create, edit and delete an application. */
export function addApplicationForms(http: FastifyInstance, portal: Portal): void {
  addNewApplicationPage(http, portal);
  addEditApplicationPage(http, portal);
  addDeleteApplicationPage(http, portal);
}

function addNewApplicationPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/new",
    show: (request, reply, developer) => showNewForm(portal, request, reply, developer),
    submit: (request, reply, developer) => submitNewForm(portal, request, reply, developer),
  });
}

async function submitNewForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  developer: Developer,
): Promise<FastifyReply> {
  const { provider } = request;
  const form = readForm(request.body);
  const plans = await findSelectablePlans(portal.pool, provider.id);
  const chosen = plans.length === 1 ? plans[0] : plans.find(({ plan }) => String(plan.id) === form["plan_id"]);
  if (!chosen) {
    return showNewForm(portal, request, reply, { ...developer, errors: { plan_id: notOffered } });
  }
  const definitions = await readFieldsDefinitions(portal.pool, provider.id);
  const by = developerContext(portal, developer);
  const created = await createApplication(portal.pool, {
    provider,
    accountId: developer.account.id,
    planId: chosen.plan.id,
    values: submittedValues(definedFields(definitions, "Cinstance", {}), form),
    writer: "developer",
    sameAfterMs: earliestSubmissionMs(request, by.now),
    by,
  });
  if (!created || "notFound" in created) return showNotFound(reply);
  if ("notAllowed" in created) return showNotAllowed(portal, request, reply, developer);
  if ("refused" in created) return showNewForm(portal, request, reply, { ...developer, errors: created.refused });
  const { id, state } = created.application;
  return redirectWithNotice(
    reply,
    `/applications/${id}`,
    state === "pending" ? "application-requested" : "application-created",
  );
}

async function showNewForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { errors, ...developer }: Developer & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const { id: providerId } = request.provider;
  const plans = await findSelectablePlans(portal.pool, providerId);
  if (plans.length === 0) return showNotAllowed(portal, request, reply, developer);
  const fields = definedFields(await readFieldsDefinitions(portal.pool, providerId), "Cinstance", {});
  return showForm(portal, request, reply, {
    title: "New application",
    ...selectedPlanLead(plans),
    fields: withSubmittedValues([...planFields(plans), ...fields], readForm(request.body)),
    submit: "Create application",
    back: { href: "/applications", text: "Applications" },
    developer,
    errors,
  });
}

/** Returns the choice of plans. With a single plan there is no field; the page names the plan instead. */
const planFields = (plans: readonly SelectablePlan[]): readonly FormField[] =>
  plans.length === 1
    ? []
    : [
        planField(
          plans.map(({ product, plan }) => ({
            plan,
            name: `${nameInText(product.name)}: ${nameInText(plan.name)}`,
            more: planConditions(plan),
          })),
        ),
      ];

const selectedPlanLead = ([only, ...others]: readonly SelectablePlan[]): { readonly lead?: string } =>
  only && others.length === 0
    ? { lead: `Product ${nameInText(only.product.name)}, plan ${describePlan(only.plan, planConditions(only.plan))}.` }
    : {};

const planConditions = (plan: Plan): readonly string[] => (plan.approvalRequired ? ["needs approval"] : []);

interface SelectablePlan {
  readonly product: Product;
  readonly plan: Plan;
}

/** Returns the plans for new applications: default plans, and all published ones if the product lets developers choose. */
export async function findSelectablePlans(db: Database, providerId: number): Promise<readonly SelectablePlan[]> {
  const products = await listProducts(db, providerId);
  const plans = Map.groupBy(await listPlans(db, providerId, { kind: "application_plan" }), (plan) => plan.productId);
  return products
    .filter((product) => product.buyersManageApps)
    .flatMap((product) =>
      (plans.get(product.id) ?? [])
        .filter((plan) => plan.isDefault || (product.buyerCanSelectPlan && plan.state === "published"))
        .map((plan) => ({ product, plan })),
    );
}

function addEditApplicationPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/edit",
    show: requireApplication(portal, (request, reply, own) => showEditForm(portal, request, reply, own)),
    submit: requireApplication(portal, async (request, reply, own) => {
      const fields = await applicationFields(portal, request.provider.id, own.application);
      const values = submittedValues(fields, readForm(request.body));
      const saved = await updateApplication(portal.pool, { ...applicationChange(portal, request, own), values });
      if (!saved) return showNotFound(reply);
      if ("notAllowed" in saved) return showNotAllowed(portal, request, reply, own.developer);
      return "refused" in saved
        ? showEditForm(portal, request, reply, { ...own, errors: saved.refused })
        : redirectWithNotice(reply, `/applications/${saved.application.id}`, "saved");
    }),
  });
}

async function showEditForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application, developer, errors }: OwnApplication & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  if (!application.product.buyersManageApps) return showNotAllowed(portal, request, reply, developer);
  return showForm(portal, request, reply, {
    title: "Edit application",
    fields: withSubmittedValues(
      await applicationFields(portal, request.provider.id, application),
      readForm(request.body),
    ),
    submit: "Save",
    back: applicationLink(application),
    developer,
    errors,
  });
}

async function applicationFields(
  { pool }: Portal,
  providerId: number,
  { name, description, fields, product, redirectUrl }: Application,
): Promise<readonly FormField[]> {
  const values = { ...fields, name: name ?? "", description: description ?? "" };
  const redirect = { ...redirectField, value: redirectUrl ?? "" };
  return [
    ...definedFields(await readFieldsDefinitions(pool, providerId), "Cinstance", values),
    ...(product.backendVersion === "oauth" ? [redirect] : []),
  ];
}

const redirectField: FormField = { name: "redirect_url", label: "Redirect URL", type: "text", required: false };

/** Adds the form that confirms the deletion of an application. */
function addDeleteApplicationPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/delete",
    show: requireApplication(portal, async (request, reply, { application, developer }) =>
      application.product.buyersManageApps
        ? showForm(portal, request, reply, {
            title: `Delete ${nameInText(titleOf(application))}?`,
            lead: "The API will reject calls with its credentials. This cannot be undone.",
            submit: "Delete application",
            isDestructive: true,
            back: applicationLink(application),
            developer,
          })
        : showNotAllowed(portal, request, reply, developer),
    ),
    submit: requireApplication(portal, async (request, reply, own) => {
      const deleted = await deleteApplication(portal.pool, applicationChange(portal, request, own));
      if (!deleted) return showNotFound(reply);
      return "notAllowed" in deleted
        ? showNotAllowed(portal, request, reply, own.developer)
        : redirectWithNotice(reply, "/applications", "application-deleted");
    }),
  });
}
