import { Type } from "typebox";
import { Problem } from "#http/shared/problem.ts";
import { parseLenientTime } from "#platform/times.ts";
import { readAccounts } from "#portal/accounts/index.ts";
import {
  type ApplicationFilter,
  findApplication,
  readApplications,
  searchApplications,
} from "#portal/applications/index.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import {
  allApplicationsResponse,
  applicationResponse,
  credentialQuery,
  parseCredentials,
  renderApplications,
  respondWithApplication,
  withAccounts,
} from "./applications.ts";
import { readInBatches, requireSuccess } from "./responses.ts";
import type { Operation } from "./operation.ts";
import { type Parameters, pageMetadata, pageQuery, parseId, parsePage, parseText } from "./parameters.ts";

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

function parseIdKey(query: Parameters): { readonly id: number } | undefined {
  const id = parseId(query["application_id"] ?? query["id"]);
  return id === undefined ? undefined : { id };
}

export const applicationSearchOperations: readonly Operation[] = [
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
      const [key = parseIdKey(query)] = parseCredentials(query); // a wrong one has no fallback
      const scope = { productId: parseId(query["service_id"]), productScope: caller.productScope };
      const application = key && (await findApplication(pool, provider.id, { ...key, ...scope }));
      return respondWithApplication(pool, call, requireSuccess(application));
    },
  },
];
