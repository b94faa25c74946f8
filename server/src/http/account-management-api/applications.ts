import { Type } from "typebox";
import { isInProductScope } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Database } from "#platform/database/database.ts";
import { columnOf, documentProperties } from "#platform/database/field-table.ts";
import { parseLenientTime } from "#platform/times.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { type Account, readAccounts } from "#portal/accounts/index.ts";
import {
  type Application,
  applicationFields,
  type ApplicationFilter,
  applicationStates,
  applicationToJson,
  type ApplicationTransition,
  changeApplicationPlan,
  changeApplicationState,
  createApplication,
  customizeApplicationPlan,
  decustomizeApplicationPlan,
  deleteApplication,
  findApplication,
  listApplications,
  readApplication,
  readApplications,
  representApplication,
  searchApplications,
  updateApplication,
} from "#portal/applications/index.ts";
import { type DocumentSettings, propertySchemas, readDocumentSettings } from "#portal/fields/index.ts";
import { requireAccount } from "./accounts.ts";
import {
  type ApiResponse,
  idSchema,
  type Items,
  linksSchema,
  metadataSchema,
  nullable,
  optionalText,
  readInBatches,
  renderJson,
  renderJsonList,
  renderXmlList,
  requireSuccess,
  type ResponseDoc,
  timeSchema,
  timestamps,
} from "./responses.ts";
import { exampleAccount, exampleAdminUrl, exampleApplication, exampleDocumentSettings } from "./example-portal.ts";
import {
  type Call,
  type Operation,
  pageMetadata,
  type PageMetadata,
  pageQuery,
  type Parameters,
  parseId,
  parsePage,
  parseText,
} from "./operation.ts";
import { applicationPlanResponse, renderPlan } from "./plans.ts";

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

interface OwnedApplication {
  readonly application: Application;
  readonly account: Account;
}

interface ApplicationPage {
  readonly read: () => Items<Application>;
  /** Reads the applications with their accounts, which only JSON shows. */
  readonly readWithAccounts: () => Items<OwnedApplication>;
  readonly metadata?: PageMetadata | undefined;
  readonly settings: DocumentSettings;
  readonly adminUrl: string;
}

const renderApplications = (page: ApplicationPage): ApiResponse => {
  const { read, readWithAccounts, metadata, settings, adminUrl } = page;
  const toNode = (application: Application) => representApplication(application, settings);
  const toJson = ({ application, account }: OwnedApplication) =>
    applicationToJson(application, { settings, adminUrl, account });
  return {
    xml: () => renderXmlList("applications", read(), toNode, metadata),
    json: () => renderJsonList("applications", readWithAccounts(), toJson, metadata),
  };
};

/** Adds their accounts to applications. Leaves out those whose account was deleted in the meantime. */
function withAccounts(applications: readonly Application[], accounts: readonly Account[]): readonly OwnedApplication[] {
  const accountById = new Map(accounts.map((account) => [account.id, account]));
  return applications.flatMap((application) => {
    const account = accountById.get(application.accountId);
    return account ? [{ application, account }] : [];
  });
}

const trafficSchemas = Object.fromEntries(
  documentProperties(applicationFields, "traffic").map((property) => [
    columnOf(applicationFields, property),
    nullable(timeSchema),
  ]),
);

const ApplicationSchema = Type.Object({
  application: Type.Object(
    {
      id: idSchema,
      state: Type.String({ enum: [...applicationStates] }),
      enabled: Type.Boolean({
        description: "True if it is live and neither its account nor its service is being deleted.",
      }),
      ...timestamps,
      service_id: idSchema,
      service_name: Type.String(),
      plan_id: idSchema,
      plan_name: Type.String(),
      account_id: idSchema,
      org_name: Type.String(),
      ...trafficSchemas,
      user_key: Type.Optional(Type.String({ description: "If the service authenticates applications by user key." })),
      provider_verification_key: optionalText,
      application_id: Type.Optional(
        Type.String({ description: "If the service authenticates them by application id or as an OAuth client." }),
      ),
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

const examplePage = {
  read: () => [exampleApplication],
  readWithAccounts: () => [{ application: exampleApplication, account: exampleAccount }],
  settings: exampleDocumentSettings,
  adminUrl: exampleAdminUrl,
};

const applicationsResponse: ResponseDoc = {
  schema: Type.Object({ applications: Type.Array(ApplicationSchema) }),
  example: renderApplications(examplePage),
};

const allApplicationsResponse: ResponseDoc = {
  schema: Type.Object({ applications: Type.Array(ApplicationSchema), metadata: metadataSchema }),
  example: renderApplications({
    ...examplePage,
    metadata: { per_page: 1, total_entries: 600, total_pages: 600, current_page: 1 },
  }),
};

/** Returns the application and account in the path, or throws `not-found`, also if the caller may not see its service. */
export async function requireApplication(
  db: Database,
  { provider, caller, id }: Call,
  name: "id" | "application_id",
): Promise<Application> {
  const application = await readApplication(db, provider.id, id(name));
  if (application?.accountId !== id("account_id")) throw new Problem("not-found");
  if (!isInProductScope(caller.productScope, application.product.id)) throw new Problem("not-found");
  return application;
}

export const applicationTarget = ({ provider, by, id }: Call, name = "id") => ({
  provider,
  accountId: id("account_id"),
  applicationId: id(name),
  by,
});

const credentialQuery = {
  user_key: Type.Optional(
    Type.String({ description: "The user key, for services that authenticate applications by user key." }),
  ),
  app_id: Type.Optional(Type.String({ description: "The application id or client id, for other services." })),
};

type Credential = { readonly userKey: string } | { readonly appId: string };

/** Returns the credentials that are sent, even empty ones, in the order in which 3scale looks for them. */
function parseCredentials({ user_key: userKey, app_id: appId }: Parameters): readonly Credential[] {
  return [
    ...(userKey === undefined ? [] : [{ userKey: parseText(userKey) ?? "" }]),
    ...(appId === undefined ? [] : [{ appId: parseText(appId) ?? "" }]),
  ];
}

function parseFilter(query: Parameters, now: Date): ApplicationFilter {
  const text = (name: string): string | undefined => parseText(query[name]) || undefined;
  const planType = text("plan_type");
  return {
    accountId: parseId(query["account"]),
    productId: parseId(query["service_id"]),
    planId: parseId(query["plan_id"]),
    planType: planType === "free" || planType === "paid" ? planType : undefined,
    state: text("state"),
    name: text("name"),
    accountQuery: text("account_query"),
    userKey: text("user_key"),
    activeSince: parseTime(text("active_since"), now),
    inactiveSince: parseTime(text("inactive_since"), now),
  };
}

function parseTime(text: string | undefined, now: Date): Date | undefined {
  const time = text === undefined ? undefined : parseLenientTime(text, now);
  if (text !== undefined && !time) throw new Problem("time-invalid");
  return time;
}

const transitionOperation = (transition: ApplicationTransition, title: string, description: string): Operation => ({
  title,
  description,
  method: "PUT",
  path: `/accounts/{account_id}/applications/{id}/${transition}`,
  action: "change-portal",
  otherErrors: [422],
  response: applicationResponse,

  async handle({ pool }, call) {
    const outcome = await changeApplicationState(pool, { ...applicationTarget(call), transition });
    return respondWithApplication(pool, call, requireSuccess(outcome).application);
  },
});

const customizationOperation = {
  method: "PUT",
  action: "change-portal",
  response: applicationPlanResponse,
} as const satisfies Partial<Operation>;

export const applicationOperations: readonly Operation[] = [
  {
    title: "Application List",
    description: "Lists the applications of an account.",
    method: "GET",
    path: "/accounts/{account_id}/applications",
    action: "read-portal",
    query: Type.Object({
      state: Type.Optional(
        Type.String({ enum: [...applicationStates], description: "Applications in this state only." }),
      ),
    }),
    response: applicationsResponse,
    async handle({ pool }, { provider, caller, adminUrl, query, id }) {
      const account = await requireAccount(pool, provider.id, id("account_id"));
      const settings = await readDocumentSettings(pool, provider);
      const state = parseText(query["state"]) || undefined;
      const applications = (await listApplications(pool, provider.id, account.id)).filter(
        (application) =>
          (state ?? application.state) === application.state &&
          isInProductScope(caller.productScope, application.product.id),
      );
      return renderApplications({
        read: () => applications,
        readWithAccounts: () => withAccounts(applications, [account]),
        settings,
        adminUrl,
      });
    },
  },
  {
    title: "Application Create",
    description:
      "Creates an application of an account, on a plan of any service. Subscribes the account to that service if necessary.",
    method: "POST",
    path: "/accounts/{account_id}/applications",
    action: "change-portal",
    body: Type.Object(
      {
        plan_id: Type.Integer(),
        ...propertySchemas(applicationFields, "complete"),
        application_key: Type.Optional(Type.Array(Type.String(), { description: "One or more keys." })),
      },
      {
        additionalProperties: true,
        description: "Also accepts the fields that you have defined for applications.",
        examples: [{ plan_id: 11, name: "Ferry times", description: "On the quay's screens" }],
      },
    ),
    response: applicationResponse,
    async handle({ pool }, call) {
      const { provider, values, by } = call;
      const accountId = call.id("account_id");
      const planId = parseId(values["plan_id"]) ?? 0;
      const outcome = await createApplication(pool, { provider, accountId, planId, values, writer: "program", by });
      if (outcome && "notFound" in outcome && outcome.notFound === "service plan")
        throw new Problem("not-subscribable");
      const { application } = requireSuccess(outcome);
      const location = `/accounts/${accountId}/applications/${application.id}`;
      return { ...(await respondWithApplication(pool, call, application)), location };
    },
  },
  {
    title: "Application Find (of an account)",
    description: "Finds an application of an account by its user key, or else by its application id.",
    method: "GET",
    path: "/accounts/{account_id}/applications/find",
    action: "read-portal",
    query: Type.Object(credentialQuery),
    response: applicationResponse,
    async handle({ pool }, call) {
      const { provider, caller, query } = call;
      const account = await requireAccount(pool, provider.id, call.id("account_id"));
      const scope = { accountId: account.id, productScope: caller.productScope };
      for (const credential of parseCredentials(query)) {
        const application = await findApplication(pool, provider.id, { ...credential, ...scope });
        if (application) return respondWithApplication(pool, call, application);
      }
      throw new Problem("not-found");
    },
  },
  {
    title: "Application Read",
    description: "Returns an application of an account.",
    method: "GET",
    path: "/accounts/{account_id}/applications/{id}",
    action: "read-portal",
    response: applicationResponse,
    async handle({ pool }, call) {
      return respondWithApplication(pool, call, await requireApplication(pool, call, "id"));
    },
  },
  {
    title: "Application Update",
    description: "Updates an application. Absent fields keep their values.",
    method: "PUT",
    path: "/accounts/{account_id}/applications/{id}",
    action: "change-portal",
    body: Type.Object(propertySchemas(applicationFields, "change"), {
      additionalProperties: true,
      description: "Also accepts the fields that you have defined for applications.",
      examples: [{ description: "On the screens of the quay" }],
    }),
    response: applicationResponse,
    async handle({ pool }, call) {
      const change = { ...applicationTarget(call), values: call.values, writer: "program" } as const;
      const { application } = requireSuccess(await updateApplication(pool, change));
      return respondWithApplication(pool, call, application);
    },
  },
  {
    title: "Application Delete",
    description: "Deletes an application with its keys.",
    method: "DELETE",
    path: "/accounts/{account_id}/applications/{id}",
    action: "change-portal",
    async handle({ pool }, call) {
      requireSuccess(await deleteApplication(pool, { ...applicationTarget(call), writer: "program" }));
      return {};
    },
  },
  transitionOperation("accept", "Application Accept", "Accepts a pending application."),
  {
    title: "Application Change Plan",
    description: "Moves an application to another plan of its service, which may be hidden, and returns the plan.",
    method: "PUT",
    path: "/accounts/{account_id}/applications/{id}/change_plan",
    action: "change-portal",
    body: Type.Object({ plan_id: Type.Integer() }, { examples: [{ plan_id: 11 }] }),
    response: applicationPlanResponse,
    async handle({ pool }, call) {
      const planId = parseId(call.values["plan_id"]) ?? 0;
      const outcome = await changeApplicationPlan(pool, { ...applicationTarget(call), planId, writer: "program" });
      if (outcome && "notFound" in outcome && outcome.notFound === "plan of this product")
        throw new Problem("invalid", { errors: { plan: ["not allowed in this context"] } });
      return renderPlan(call, requireSuccess(outcome).application.plan);
    },
  },
  {
    ...customizationOperation,
    title: "Application Create Plan Customization",
    description: "Gives an application its own copy of its plan, and returns the copy.",
    path: "/accounts/{account_id}/applications/{id}/customize_plan",
    async handle({ pool }, call) {
      const { application } = requireSuccess(await customizeApplicationPlan(pool, applicationTarget(call)));
      return renderPlan(call, application.plan);
    },
  },
  {
    ...customizationOperation,
    title: "Application Delete Plan Customization",
    description: "Moves an application back to the plan that its own was copied from, and returns that plan.",
    path: "/accounts/{account_id}/applications/{id}/decustomize_plan",
    async handle({ pool }, call) {
      const { application } = requireSuccess(await decustomizeApplicationPlan(pool, applicationTarget(call)));
      return renderPlan(call, application.plan);
    },
  },
  transitionOperation("resume", "Application Resume", "Resumes a suspended application."),
  transitionOperation("suspend", "Application Suspend", "Suspends a live application."),
  {
    title: "Application List (all services)",
    description: "Lists the applications of all accounts, oldest first, in pages.",
    method: "GET",
    path: "/applications",
    action: "read-portal",
    query: Type.Object({
      ...pageQuery,
      active_since: Type.Optional(Type.String({ description: "Applications with traffic since this day." })),
      inactive_since: Type.Optional(Type.String({ description: "Applications without traffic since this day." })),
      service_id: Type.Optional(Type.String({ description: "Applications of this service only." })),
      plan_id: Type.Optional(Type.String({ description: "Applications on this plan only." })),
      plan_type: Type.Optional(
        Type.String({ enum: ["free", "paid"], description: "Applications on free plans, or on paid plans." }),
      ),
      state: Type.Optional(Type.String({ description: "`pending`, `live` or `suspended`." })),
      name: Type.Optional(Type.String({ description: "A part of the application's name." })),
      account: Type.Optional(Type.Integer({ description: "The id of an account." })),
      account_query: Type.Optional(Type.String({ description: "A part of the account's name." })),
      user_key: Type.Optional(Type.String({ description: "The application's user key." })),
    }),
    response: allApplicationsResponse,
    async handle({ pool }, { provider, caller: { productScope }, adminUrl, query, now }) {
      const page = parsePage(query);
      const filter = { ...parseFilter(query, now), productScope };
      const { ids, total } = await searchApplications(pool, provider.id, filter, page);
      const read = (batch: readonly number[]) => readApplications(pool, provider.id, batch);
      return renderApplications({
        read: () => readInBatches(ids, read),
        readWithAccounts: () =>
          readInBatches(ids, async (batch) => {
            const applications = await read(batch);
            const accountIds = applications.map(({ accountId }) => accountId);
            return withAccounts(applications, await readAccounts(pool, provider.id, accountIds));
          }),
        metadata: pageMetadata(page, total),
        settings: await readDocumentSettings(pool, provider),
        adminUrl,
      });
    },
  },
  {
    title: "Application Find",
    description: "Finds an application by its user key, its application id or its id.",
    method: "GET",
    path: "/applications/find",
    action: "read-portal",
    query: Type.Object({
      application_id: Type.Optional(Type.Integer({ description: "The application's id in this API." })),
      ...credentialQuery,
      service_id: Type.Optional(Type.String({ description: "Applications of this service only." })),
    }),
    otherErrors: [404],
    response: applicationResponse,
    async handle({ pool }, call) {
      const { provider, caller, query } = call;
      const id = parseId(query["application_id"] ?? query["id"]);
      const [key = id === undefined ? undefined : { id }] = parseCredentials(query); // a wrong one has no fallback
      const scope = { productId: parseId(query["service_id"]), productScope: caller.productScope };
      const application = key && (await findApplication(pool, provider.id, { ...key, ...scope }));
      return respondWithApplication(pool, call, requireSuccess(application));
    },
  },
];
