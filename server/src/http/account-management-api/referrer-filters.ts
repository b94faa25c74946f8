import { Type } from "typebox";
import { renderXmlDocument } from "#platform/xml.ts";
import {
  addReferrerFilter,
  type Application,
  listReferrerFilters,
  referrerFiltersToJson,
  removeReferrerFilter,
  representReferrerFilters,
} from "#portal/applications/index.ts";
import { applicationResponse, applicationTarget, requireApplication, respondWithApplication } from "./applications.ts";
import { requireSuccess } from "./error-responses.ts";
import {
  exampleAdminUrl,
  exampleApplication,
  exampleProvider,
  exampleTimestamps as exampleTimes,
} from "./example-portal.ts";
import { type Call, type Operation, xmlAndJson } from "./operation.ts";
import { parseText } from "./parameters.ts";
import { type ApiResponse, idSchema, linksSchema, renderJson, type ResponseDoc, timestamps } from "./responses.ts";

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

const listReferrerFiltersOperation: Operation = {
  title: "Application Referrer Filter List",
  tag: "Application keys",
  description: "Lists the hosts that an application may call from.",
  method: "GET",
  path: "/accounts/{account_id}/applications/{application_id}/referrer_filters",
  action: "read-portal",
  formats: xmlAndJson,
  response: referrerFiltersResponse,

  async handle({ pool }, call) {
    const application = await requireApplication(pool, call, "application_id");
    return renderReferrerFilters(
      call,
      application,
      await listReferrerFilters(pool, call.provider.id, [application.id]),
    );
  },
};

const createReferrerFilterOperation: Operation = {
  title: "Application Referrer Filter Create",
  tag: "Application keys",
  description: "Adds a host that an application may call from, and returns the application.",
  method: "POST",
  path: "/accounts/{account_id}/applications/{application_id}/referrer_filters",
  action: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    { referrer_filter: Type.String({ description: "A host, in which `*` matches any part, or an IP address." }) },
    { examples: [{ referrer_filter: "*.harbour.example" }] },
  ),
  response: applicationResponse,

  async handle({ pool }, call) {
    const change = applicationTarget(call, "application_id");
    const value = parseText(call.values["referrer_filter"]) ?? "";
    const { application } = requireSuccess(await addReferrerFilter(pool, { ...change, value }));
    const self = `${call.adminUrl}/admin/api/accounts/${application.accountId}/applications/${application.id}`;
    return {
      ...(await respondWithApplication(pool, call, application)),
      status: 201,
      location: `${self}/referrer_filters`,
    };
  },
};

const deleteReferrerFilterOperation: Operation = {
  title: "Application Referrer Filter Delete",
  tag: "Application keys",
  description: "Deletes a referrer filter of an application.",
  method: "DELETE",
  path: "/accounts/{account_id}/applications/{application_id}/referrer_filters/{id}",
  action: "change-portal",
  formats: xmlAndJson,

  async handle({ pool }, call) {
    const change = applicationTarget(call, "application_id");
    requireSuccess(await removeReferrerFilter(pool, { ...change, filterId: call.id("id") }));
    return {};
  },
};

export const referrerFilterOperations: readonly Operation[] = [
  listReferrerFiltersOperation,
  createReferrerFilterOperation,
  deleteReferrerFilterOperation,
];
