import { Type } from "typebox";
import { isInProductScope } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { parseLenientTime } from "#platform/times.ts";
import { readAccounts } from "#portal/accounts/index.ts";
import {
  type ApplicationFilter,
  findApplication,
  listApplications,
  searchApplications,
} from "#portal/applications/index.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { requireAccount } from "./accounts.ts";
import {
  allApplicationsResponse,
  applicationResponse,
  applicationsResponse,
  renderApplications,
  respondWithApplication,
} from "./applications.ts";
import { requireSuccess } from "./error-responses.ts";
import { type Operation, xmlAndJson } from "./operation.ts";
import { type Parameters, pageMetadata, pageQuery, parseId, parsePage, parseText } from "./parameters.ts";

export const listAllApplicationsOperation: Operation = {
  title: "Application List (all services)",
  tag: "Applications",
  description: "Returns the applications of all accounts, oldest first, page by page.",
  method: "GET",
  path: "/applications",
  action: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    ...pageQuery,
    active_since: Type.Optional(Type.String({ description: "With traffic on this day or later." })),
    inactive_since: Type.Optional(Type.String({ description: "Without traffic from this day on." })),
    service_id: Type.Optional(Type.String({ description: "Of this service." })),
    plan_id: Type.Optional(Type.String({ description: "On this plan." })),
    plan_type: Type.Optional(
      Type.String({ enum: ["free", "paid"], description: "On plans that cost nothing, or on those that do." }),
    ),
    state: Type.Optional(Type.String({ description: "In this state: `pending`, `live` or `suspended`." })),
    name: Type.Optional(Type.String({ description: "A part of its name." })),
    account: Type.Optional(Type.Integer({ description: "Of the account with this id." })),
    account_query: Type.Optional(Type.String({ description: "Of accounts whose name has this part." })),
    user_key: Type.Optional(Type.String({ description: "With this user key." })),
  }),
  response: allApplicationsResponse,

  async handle({ pool }, { provider, caller: { reach }, adminUrl, query, now }) {
    const page = parsePage(query);
    const { applications, total } = await searchApplications(
      pool,
      provider.id,
      { ...parseFilter(query, now), reach },
      { limit: page.limit, offset: page.offset },
    );
    const standing = pageMetadata(page, total);
    const settings = await readDocumentSettings(pool, provider);
    const ids = applications.map(({ accountId }) => accountId);
    const accounts = await readAccounts(pool, provider.id, ids);
    return renderApplications({ applications, accounts, standing, settings, adminUrl });
  },
};

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

export const listApplicationsOperation: Operation = {
  title: "Application List",
  tag: "Applications",
  description: "Returns the applications of an account.",
  method: "GET",
  path: "/accounts/{account_id}/applications",
  action: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    state: Type.Optional(
      Type.String({ enum: ["pending", "live", "suspended"], description: "Those that are in this state." }),
    ),
  }),
  response: applicationsResponse,

  async handle({ pool }, { provider, caller, adminUrl, query, id }) {
    const account = await requireAccount(pool, provider.id, id("account_id"));
    const settings = await readDocumentSettings(pool, provider);
    const state = parseText(query["state"]) || undefined;
    const applications = (await listApplications(pool, provider.id, account.id)).filter(
      (application) =>
        (state ?? application.state) === application.state && isInProductScope(caller.reach, application.product.id),
    );
    return renderApplications({ applications, accounts: [account], settings, adminUrl });
  },
};

const credentialQuery = {
  user_key: Type.Optional(
    Type.String({ description: "What it calls a service with that knows applications by a user key." }),
  ),
  app_id: Type.Optional(
    Type.String({ description: "What it calls any other service with: its application id, or client id." }),
  ),
};

export const findApplicationOperation: Operation = {
  title: "Application Find",
  tag: "Applications",
  description: "Finds an application by what it calls with, a user key or an application id, or by its number.",
  method: "GET",
  path: "/applications/find",
  action: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    application_id: Type.Optional(Type.Integer({ description: "Its id." })),
    ...credentialQuery,
    service_id: Type.Optional(Type.String({ description: "Only of this service." })),
  }),
  otherErrors: [404],
  response: applicationResponse,

  async handle({ pool }, call) {
    const { provider, caller, query } = call;
    const handle = parseCredential(query) ?? parseNumber(query);
    const within = { productId: parseId(query["service_id"]), reach: caller.reach };
    const found = handle && (await findApplication(pool, provider.id, { ...handle, ...within }));
    return respondWithApplication(pool, call, requireSuccess(found));
  },
};

export const findApplicationOfAccountOperation: Operation = {
  title: "Application Find (of an account)",
  tag: "Applications",
  description: "Finds an application of an account by what it calls with, a user key or an application id.",
  method: "GET",
  path: "/accounts/{account_id}/applications/find",
  action: "read-portal",
  formats: xmlAndJson,
  query: Type.Object(credentialQuery),
  response: applicationResponse,

  async handle({ pool }, call) {
    const { provider, caller, query } = call;
    const account = await requireAccount(pool, provider.id, call.id("account_id"));
    const handle = parseCredential(query);
    const within = { accountId: account.id, reach: caller.reach };
    const found = handle && (await findApplication(pool, provider.id, { ...handle, ...within }));
    return respondWithApplication(pool, call, requireSuccess(found));
  },
};

function parseCredential(query: Parameters): { readonly userKey: string } | { readonly appId: string } | undefined {
  if (query["user_key"] !== undefined) return { userKey: parseText(query["user_key"]) ?? "" };
  return query["app_id"] === undefined ? undefined : { appId: parseText(query["app_id"]) ?? "" };
}

function parseNumber(query: Parameters): { readonly id: number } | undefined {
  const id = parseId(query["application_id"] ?? query["id"]);
  return id === undefined ? undefined : { id };
}
