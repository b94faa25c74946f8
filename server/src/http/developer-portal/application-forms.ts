import type { FastifyInstance, FastifyReply } from "fastify";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import { nameInText } from "#platform/xml.ts";
import { createApplication, deleteApplication, titleOf, updateApplication } from "#portal/applications/index.ts";
import { type FieldErrors, readFieldsDefinitions } from "#portal/fields/index.ts";
import { type Plan, type Product, listPlans, listProducts } from "#portal/products/index.ts";
import { type ApplicationVisit, applicationChange, applicationLink, requireApplication } from "./application.ts";
import {
  developerContext,
  type DeveloperVisit,
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
    show: showNewForm,
    submit: submitNewForm,
  });
}

async function submitNewForm(visit: DeveloperVisit): Promise<FastifyReply> {
  const { portal, request, reply, developer } = visit;
  const { provider } = request;
  const form = readForm(request.body);
  const plans = await findSelectablePlans(portal.pool, provider.id);
  const chosen = plans.length === 1 ? plans[0] : plans.find(({ plan }) => String(plan.id) === form["plan_id"]);
  if (!chosen) return showNewForm(visit, { plan_id: notOffered });
  const definitions = await readFieldsDefinitions(portal.pool, provider.id);
  const by = developerContext(visit);
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
  if ("notAllowed" in created) return showNotAllowed(visit);
  if ("refused" in created) return showNewForm(visit, created.refused);
  const { id, state } = created.application;
  return redirectWithNotice(
    reply,
    `/applications/${id}`,
    state === "pending" ? "application-requested" : "application-created",
  );
}

async function showNewForm(visit: DeveloperVisit, errors?: FieldErrors): Promise<FastifyReply> {
  const { portal, request } = visit;
  const { id: providerId } = request.provider;
  const plans = await findSelectablePlans(portal.pool, providerId);
  if (plans.length === 0) return showNotAllowed(visit);
  const fields = definedFields(await readFieldsDefinitions(portal.pool, providerId), "Cinstance", {});
  return showForm(visit, {
    title: "New application",
    ...selectedPlanLead(plans),
    fields: withSubmittedValues([...planFields(plans), ...fields], readForm(request.body)),
    submit: "Create application",
    back: { href: "/applications", text: "Applications" },
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
    show: requireApplication(showEditForm),
    submit: requireApplication(async (visit) => {
      const values = submittedValues(await applicationFields(visit), readForm(visit.request.body));
      const saved = await updateApplication(portal.pool, { ...applicationChange(visit), values });
      if (!saved) return showNotFound(visit.reply);
      if ("notAllowed" in saved) return showNotAllowed(visit);
      return "refused" in saved
        ? showEditForm(visit, saved.refused)
        : redirectWithNotice(visit.reply, `/applications/${saved.application.id}`, "saved");
    }),
  });
}

async function showEditForm(visit: ApplicationVisit, errors?: FieldErrors): Promise<FastifyReply> {
  if (!visit.application.product.buyersManageApps) return showNotAllowed(visit);
  return showForm(visit, {
    title: "Edit application",
    fields: withSubmittedValues(await applicationFields(visit), readForm(visit.request.body)),
    submit: "Save",
    back: applicationLink(visit.application),
    errors,
  });
}

async function applicationFields({ portal, request, application }: ApplicationVisit): Promise<readonly FormField[]> {
  const { name, description, fields, product, redirectUrl } = application;
  const values = { ...fields, name: name ?? "", description: description ?? "" };
  const redirect = { ...redirectField, value: redirectUrl ?? "" };
  return [
    ...definedFields(await readFieldsDefinitions(portal.pool, request.provider.id), "Cinstance", values),
    ...(product.backendVersion === "oauth" ? [redirect] : []),
  ];
}

const redirectField: FormField = { name: "redirect_url", label: "Redirect URL", type: "text", required: false };

/** Adds the form that confirms the deletion of an application. */
function addDeleteApplicationPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/delete",
    show: requireApplication(async (visit) =>
      visit.application.product.buyersManageApps
        ? showForm(visit, {
            title: `Delete ${nameInText(titleOf(visit.application))}?`,
            lead: "The API will reject calls with its credentials. This cannot be undone.",
            submit: "Delete application",
            isDestructive: true,
            back: applicationLink(visit.application),
          })
        : showNotAllowed(visit),
    ),
    submit: requireApplication(async (visit) => {
      const deleted = await deleteApplication(portal.pool, applicationChange(visit));
      if (!deleted) return showNotFound(visit.reply);
      return "notAllowed" in deleted
        ? showNotAllowed(visit)
        : redirectWithNotice(visit.reply, "/applications", "application-deleted");
    }),
  });
}
