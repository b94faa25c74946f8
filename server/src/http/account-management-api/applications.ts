import { Type } from "typebox";
import { isInProductScope } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Database } from "#platform/database/database.ts";
import { record } from "#platform/document.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import type { Account } from "#portal/accounts/index.ts";
import {
  type Application,
  type ApplicationTransition,
  applicationToJson,
  changeApplicationPlan,
  changeApplicationState,
  createApplication,
  customizeApplicationPlan,
  decustomizeApplicationPlan,
  deleteApplication,
  readApplication,
  representApplication,
  updateApplication,
} from "#portal/applications/index.ts";
import { type DocumentSettings, readDocumentSettings } from "#portal/fields/index.ts";
import { requireAccount } from "./accounts.ts";
import { requireSuccess } from "./error-responses.ts";
import { exampleAccount, exampleAdminUrl, exampleApplication, exampleDocumentSettings } from "./example-portal.ts";
import { type Call, type Operation, xmlAndJson } from "./operation.ts";
import { type PageMetadata, parseId } from "./parameters.ts";
import { applicationPlanResponse, renderPlan } from "./plans.ts";
import { type ApiResponse, type ResponseDoc, renderJson } from "./responses.ts";
import {
  idSchema,
  linksSchema,
  metadataSchema,
  nullable,
  optionalText,
  timeSchema,
  timestamps,
} from "./schema-parts.ts";

/** An application in both formats. JSON also names its account. */
export async function respondWithApplication(
  db: Database,
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  application: Application,
): Promise<ApiResponse> {
  const settings = await readDocumentSettings(db, provider);
  const account = await requireAccount(db, provider.id, application.accountId);
  return renderApplication(application, { settings, adminUrl, account });
}

interface ApplicationContext {
  readonly settings: DocumentSettings;
  readonly adminUrl: string;
  readonly account: { readonly orgName: string; readonly state: string };
}

const renderApplication = (
  application: Application,
  { settings, adminUrl, account }: ApplicationContext,
): ApiResponse => ({
  xml: () => renderXmlDocument(representApplication(application, settings)),
  json: () => renderJson(applicationToJson(application, { settings, adminUrl, account })),
  lastModified: application.updatedAt,
});

interface ApplicationPage {
  readonly applications: readonly Application[];
  /** Whose they are. */
  readonly accounts: readonly Account[];
  readonly standing?: PageMetadata | undefined;
  readonly settings: DocumentSettings;
  readonly adminUrl: string;
}

/** Applications in both formats. */
export function renderApplications({
  applications,
  accounts,
  standing,
  settings,
  adminUrl,
}: ApplicationPage): ApiResponse {
  const accountById = new Map(accounts.map((it) => [it.id, it]));
  const nodes = () => applications.map((it) => representApplication(it, settings));
  return {
    xml: () => renderXmlDocument(record("applications", nodes(), standing)),
    json: () =>
      renderJson({
        applications: applications.flatMap((it) => {
          const account = accountById.get(it.accountId);
          return account ? [applicationToJson(it, { settings, adminUrl, account })] : [];
        }),
        ...(standing ? { metadata: standing } : {}),
      }),
  };
}

const ApplicationSchema = Type.Object({
  application: Type.Object(
    {
      id: idSchema,
      state: Type.String({ enum: ["pending", "live", "suspended"] }),
      enabled: Type.Boolean({ description: "Whether it is live, and nothing around it is about to go." }),
      ...timestamps,
      service_id: idSchema,
      service_name: Type.String(),
      plan_id: idSchema,
      plan_name: Type.String(),
      account_id: idSchema,
      org_name: Type.String(),
      first_traffic_at: nullable(timeSchema),
      first_daily_traffic_at: nullable(timeSchema),
      user_key: Type.Optional(Type.String({ description: "Where the service knows applications by a user key." })),
      provider_verification_key: optionalText,
      application_id: Type.Optional(Type.String({ description: "Where it knows them by an id, or as a client." })),
      redirect_url: Type.Optional(nullable(Type.String())),
      client_id: Type.Optional(Type.String({ description: "OAuth and OpenID Connect." })),
      client_secret: Type.Optional(nullable(Type.String())),
      oidc_configuration: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      links: linksSchema,
      name: optionalText,
      description: optionalText,
    },
    { title: "Application", additionalProperties: true, description: "Followed by the fields that you have defined." },
  ),
});

export const applicationResponse: ResponseDoc = {
  schema: ApplicationSchema,
  example: renderApplication(exampleApplication, {
    settings: exampleDocumentSettings,
    adminUrl: exampleAdminUrl,
    account: exampleAccount,
  }),
};

const exampleApplications = [exampleApplication];
const exampleAccounts = [exampleAccount];

export const applicationsResponse: ResponseDoc = {
  schema: Type.Object({ applications: Type.Array(ApplicationSchema) }),
  example: renderApplications({
    applications: exampleApplications,
    accounts: exampleAccounts,
    settings: exampleDocumentSettings,
    adminUrl: exampleAdminUrl,
  }),
};

export const allApplicationsResponse: ResponseDoc = {
  schema: Type.Object({ applications: Type.Array(ApplicationSchema), metadata: metadataSchema }),
  example: renderApplications({
    applications: exampleApplications,
    accounts: exampleAccounts,
    standing: { per_page: 1, total_entries: 600, total_pages: 600, current_page: 1 },
    settings: exampleDocumentSettings,
    adminUrl: exampleAdminUrl,
  }),
};

/** The application that a call names, if it is there, the account's own, and of a service that the caller may see. */
export async function requireApplication(
  db: Database,
  { provider, caller, id }: Call,
  name: "id" | "application_id",
): Promise<Application> {
  const application = await readApplication(db, provider.id, id(name));
  if (application?.accountId !== id("account_id")) throw new Problem("not-found");
  if (!isInProductScope(caller.reach, application.product.id)) throw new Problem("not-found");
  return application;
}

/** Which application of which account a call is to change, and who wants it. */
export const applicationTarget = ({ provider, by, id }: Call, name = "id") => ({
  provider,
  accountId: id("account_id"),
  applicationId: id(name),
  by,
});

export const createApplicationOperation: Operation = {
  title: "Application Create",
  tag: "Applications",
  description:
    "Makes an application of an account, on a plan of any service, which the account is subscribed to if it is not.",
  method: "POST",
  path: "/accounts/{account_id}/applications",
  action: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    {
      plan_id: Type.Integer(),
      name: optionalText,
      description: optionalText,
      user_key: optionalText,
      application_id: optionalText,
      application_key: Type.Optional(Type.Array(Type.String(), { description: "One, or several." })),
      redirect_url: optionalText,
      first_traffic_at: optionalText,
      first_daily_traffic_at: optionalText,
      accepted_at: optionalText,
      create_origin: optionalText,
    },
    {
      additionalProperties: true,
      description: "And the fields that you have defined for applications.",
      examples: [{ plan_id: 11, name: "Ferry times", description: "On the quay's screens" }],
    },
  ),
  response: applicationResponse,

  async handle({ pool }, call) {
    const { provider, values, by, adminUrl } = call;
    const accountId = call.id("account_id");
    const planId = parseId(values["plan_id"]) ?? 0;
    const outcome = await createApplication(pool, { provider, accountId, planId, values, writer: "program", by });
    if (outcome && "notFound" in outcome && outcome.notFound === "service plan") throw new Problem("not-subscribable");
    const { application } = requireSuccess(outcome);
    const location = `${adminUrl}/admin/api/accounts/${accountId}/applications/${application.id}`;
    return { ...(await respondWithApplication(pool, call, application)), status: 201, location };
  },
};

export const readApplicationOperation: Operation = {
  title: "Application Read",
  tag: "Applications",
  description: "Returns an application of an account.",
  method: "GET",
  path: "/accounts/{account_id}/applications/{id}",
  action: "read-portal",
  formats: xmlAndJson,
  response: applicationResponse,

  async handle({ pool }, call) {
    return respondWithApplication(pool, call, await requireApplication(pool, call, "id"));
  },
};

export const updateApplicationOperation: Operation = {
  title: "Application Update",
  tag: "Applications",
  description: "Changes an application. What is left out stays as it is.",
  method: "PUT",
  path: "/accounts/{account_id}/applications/{id}",
  action: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    {
      name: optionalText,
      description: optionalText,
      redirect_url: optionalText,
      first_traffic_at: optionalText,
      first_daily_traffic_at: optionalText,
      user_key: optionalText,
      accepted_at: optionalText,
      create_origin: optionalText,
    },
    {
      additionalProperties: true,
      description: "And the fields that you have defined for applications.",
      examples: [{ description: "On the screens of the quay" }],
    },
  ),
  response: applicationResponse,

  async handle({ pool }, call) {
    const change = { ...applicationTarget(call), values: call.values, writer: "program" } as const;
    const { application } = requireSuccess(await updateApplication(pool, change));
    return respondWithApplication(pool, call, application);
  },
};

export const deleteApplicationOperation: Operation = {
  title: "Application Delete",
  tag: "Applications",
  description: "Deletes an application with its keys.",
  method: "DELETE",
  path: "/accounts/{account_id}/applications/{id}",
  action: "change-portal",
  formats: xmlAndJson,

  async handle({ pool }, call) {
    requireSuccess(await deleteApplication(pool, { ...applicationTarget(call), writer: "program" }));
    return {};
  },
};

const transitionOperation = (transition: ApplicationTransition, title: string, description: string): Operation => ({
  title,
  tag: "Applications",
  description,
  method: "PUT",
  path: `/accounts/{account_id}/applications/{id}/${transition}`,
  action: "change-portal",
  formats: xmlAndJson,
  otherErrors: [422],
  response: applicationResponse,

  async handle({ pool }, call) {
    const outcome = await changeApplicationState(pool, { ...applicationTarget(call), transition });
    return respondWithApplication(pool, call, requireSuccess(outcome).application);
  },
});

export const acceptApplicationOperation = transitionOperation(
  "accept",
  "Application Accept",
  "Accepts an application that waits for it.",
);

export const suspendApplicationOperation = transitionOperation(
  "suspend",
  "Application Suspend",
  "Suspends a live application.",
);

export const resumeApplicationOperation = transitionOperation(
  "resume",
  "Application Resume",
  "Lets a suspended application go on.",
);

export const changeApplicationPlanOperation: Operation = {
  title: "Application Change Plan",
  tag: "Applications",
  description: "Moves an application to another plan of its service, also to a hidden one, and returns the plan.",
  method: "PUT",
  path: "/accounts/{account_id}/applications/{id}/change_plan",
  action: "change-portal",
  formats: xmlAndJson,
  body: Type.Object({ plan_id: Type.Integer() }, { examples: [{ plan_id: 11 }] }),
  response: applicationPlanResponse,

  async handle({ pool }, call) {
    const planId = parseId(call.values["plan_id"]) ?? 0;
    const outcome = await changeApplicationPlan(pool, { ...applicationTarget(call), planId, writer: "program" });
    return renderPlan(call, requireSuccess(outcome).application.plan);
  },
};

const customizationOperation = {
  tag: "Applications",
  method: "PUT",
  action: "change-portal",
  formats: xmlAndJson,
  response: applicationPlanResponse,
} as const satisfies Partial<Operation>;

export const customizePlanOperation: Operation = {
  ...customizationOperation,
  title: "Application Create Plan Customization",
  description: "Gives an application a plan of its own, which starts as the one that it is on, and returns the plan.",
  path: "/accounts/{account_id}/applications/{id}/customize_plan",

  async handle({ pool }, call) {
    const { application } = requireSuccess(await customizeApplicationPlan(pool, applicationTarget(call)));
    return renderPlan(call, application.plan);
  },
};

export const decustomizePlanOperation: Operation = {
  ...customizationOperation,
  title: "Application Delete Plan Customization",
  description: "Puts an application back on the plan that its own was made from, and returns that.",
  path: "/accounts/{account_id}/applications/{id}/decustomize_plan",

  async handle({ pool }, call) {
    const { application } = requireSuccess(await decustomizeApplicationPlan(pool, applicationTarget(call)));
    return renderPlan(call, application.plan);
  },
};
