import { Type } from "typebox";
import { renderXmlDocument } from "#platform/xml.ts";
import {
  addApplicationKey,
  type Application,
  keysToJson,
  removeApplicationKey,
  representKeys,
  addReferrerFilter,
  listReferrerFilters,
  referrerFiltersToJson,
  removeReferrerFilter,
  representReferrerFilters,
} from "#portal/applications/index.ts";
import { applicationResponse, applicationTarget, requireApplication, respondWithApplication } from "./applications.ts";
import {
  type ApiResponse,
  idSchema,
  linksSchema,
  renderJson,
  requireSuccess,
  type ResponseDoc,
  timestamps,
} from "./responses.ts";
import {
  exampleAdminUrl,
  exampleApplication,
  exampleProvider,
  exampleTimestamps as exampleTimes,
} from "./example-portal.ts";
import { type Call, type Operation, parseText } from "./operation.ts";

const renderApplicationKeys = (
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  application: Application,
): ApiResponse => ({
  xml: () => renderXmlDocument(representKeys(application.keys, provider)),
  json: () => renderJson(keysToJson(application, provider, adminUrl)),
});

const ApplicationKeySchema = Type.Object(
  { value: Type.String(), ...timestamps, links: linksSchema },
  { title: "ApplicationKey" },
);

const applicationKeysResponse: ResponseDoc = {
  schema: Type.Object({ keys: Type.Array(Type.Object({ key: ApplicationKeySchema })) }),
  example: renderApplicationKeys({ provider: exampleProvider, adminUrl: exampleAdminUrl }, exampleApplication),
};

export const applicationKeyOperations: readonly Operation[] = [
  {
    title: "Application Key List",
    description: "Lists the keys of an application.",
    method: "GET",
    path: "/accounts/{account_id}/applications/{application_id}/keys",
    action: "read-portal",
    response: applicationKeysResponse,
    async handle({ pool }, call) {
      return renderApplicationKeys(call, await requireApplication(pool, call, "application_id"));
    },
  },
  {
    title: "Application Key Create",
    description: "Adds a key to an application and returns the application.",
    method: "POST",
    path: "/accounts/{account_id}/applications/{application_id}/keys",
    action: "change-portal",
    body: Type.Object(
      {
        key: Type.Optional(
          Type.String({ description: "5 to 255 printable ASCII characters without spaces. If absent, a random key." }),
        ),
      },
      { examples: [{ key: "3b1f7c52a9e04d1f8c6b2a7d5e9f0a13" }] },
    ),
    response: applicationResponse,
    async handle({ pool }, call) {
      const change = applicationTarget(call, "application_id");
      const value = parseText(call.values["key"] ?? undefined); // null is as absent
      const { application } = requireSuccess(await addApplicationKey(pool, { ...change, value, writer: "program" }));
      const location = `/accounts/${application.accountId}/applications/${application.id}/keys`;
      return { ...(await respondWithApplication(pool, call, application)), location };
    },
  },
  {
    title: "Application Key Delete",
    description:
      "Deletes a key of an application. If the key itself ends in `.xml` or `.json`, add an extension to the path.",
    method: "DELETE",
    path: "/accounts/{account_id}/applications/{application_id}/keys/{key}",
    textParameters: ["key"],
    action: "change-portal",
    async handle({ pool }, call) {
      const change = applicationTarget(call, "application_id");
      requireSuccess(await removeApplicationKey(pool, { ...change, value: call.text("key"), writer: "program" }));
      return {};
    },
  },
];

const renderReferrerFilters = (
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  application: Application,
  filters: Parameters<typeof representReferrerFilters>[0],
): ApiResponse => ({
  xml: () => renderXmlDocument(representReferrerFilters(filters, provider)),
  json: () => renderJson(referrerFiltersToJson(filters, { application, provider, adminUrl })),
});

const ReferrerFilterSchema = Type.Object(
  { id: idSchema, value: Type.String(), ...timestamps, links: linksSchema },
  { title: "ReferrerFilter" },
);

const referrerFiltersResponse: ResponseDoc = {
  schema: Type.Object({ referrer_filters: Type.Array(Type.Object({ referrer_filter: ReferrerFilterSchema })) }),
  example: renderReferrerFilters({ provider: exampleProvider, adminUrl: exampleAdminUrl }, exampleApplication, [
    { id: 51, applicationId: exampleApplication.id, value: "*.harbour.example", ...exampleTimes },
  ]),
};

export const referrerFilterOperations: readonly Operation[] = [
  {
    title: "Application Referrer Filter List",
    description: "Lists the hosts that an application may call from.",
    method: "GET",
    path: "/accounts/{account_id}/applications/{application_id}/referrer_filters",
    action: "read-portal",
    response: referrerFiltersResponse,
    async handle({ pool }, call) {
      const application = await requireApplication(pool, call, "application_id");
      return renderReferrerFilters(
        call,
        application,
        await listReferrerFilters(pool, call.provider.id, [application.id]),
      );
    },
  },
  {
    title: "Application Referrer Filter Create",
    description: "Adds a host that an application may call from, and returns the application.",
    method: "POST",
    path: "/accounts/{account_id}/applications/{application_id}/referrer_filters",
    action: "change-portal",
    body: Type.Object(
      { referrer_filter: Type.String({ description: "A host, in which `*` matches any part, or an IP address." }) },
      { examples: [{ referrer_filter: "*.harbour.example" }] },
    ),
    response: applicationResponse,
    async handle({ pool }, call) {
      const change = applicationTarget(call, "application_id");
      const value = parseText(call.values["referrer_filter"]) ?? "";
      const { application } = requireSuccess(await addReferrerFilter(pool, { ...change, value }));
      const location = `/accounts/${application.accountId}/applications/${application.id}/referrer_filters`;
      return { ...(await respondWithApplication(pool, call, application)), location };
    },
  },
  {
    title: "Application Referrer Filter Delete",
    description: "Deletes a referrer filter of an application.",
    method: "DELETE",
    path: "/accounts/{account_id}/applications/{application_id}/referrer_filters/{id}",
    action: "change-portal",
    async handle({ pool }, call) {
      const change = applicationTarget(call, "application_id");
      requireSuccess(await removeReferrerFilter(pool, { ...change, filterId: call.id("id") }));
      return {};
    },
  },
];
