import { Type } from "typebox";
import { record } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { readLenientTime } from "#platform/clock/read-lenient-time.ts";
import { readAccounts } from "#portal/accounts/index.ts";
import {
  applicationToJson,
  representApplication,
  searchApplications,
  type ApplicationFilter,
} from "#portal/applications/index.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { ApplicationSchema, MetadataSchema } from "../answers/answer-schemas.ts";
import { writeJson } from "../answers/write-json.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { pageQuery, readPage, standingOf } from "../requests/read-page.ts";
import { idOf, textOf, type Parameters } from "../requests/read-parameters.ts";

const optionalText = Type.Optional(Type.String());

export const listAllApplicationsOperation: Operation = {
  title: "Application List (all services)",
  tag: "Applications",
  says: "Returns the applications of all accounts, oldest first, page by page.",
  method: "GET",
  path: "/applications",
  deed: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    ...pageQuery,
    active_since: Type.Optional(Type.String({ description: "By the last day with traffic." })),
    inactive_since: optionalText,
    service_id: optionalText,
    plan_id: optionalText,
    plan_type: Type.Optional(Type.String({ enum: ["free", "paid"] })),
    state: optionalText,
    name: optionalText,
    account: Type.Optional(Type.Integer()),
    account_query: optionalText,
    user_key: optionalText,
  }),
  answers: Type.Object({ applications: Type.Array(ApplicationSchema), metadata: Type.Optional(MetadataSchema) }),

  async answer({ pool }, { provider, adminUrl, query, now }) {
    const page = readPage(query);
    const { applications, total } = await searchApplications(pool, provider.id, filterOf(query, now), {
      limit: page.perPage,
      offset: page.offset,
    });
    const standing = standingOf(page, total);
    const settings = await readDocumentSettings(pool, provider);
    const ids = applications.map(({ accountId }) => accountId);
    const accounts = new Map((await readAccounts(pool, provider.id, ids)).map((it) => [it.id, it]));
    return {
      xml: () =>
        writeXmlDocument(
          record(
            "applications",
            applications.map((it) => representApplication(it, settings)),
            standing,
          ),
        ),
      json: () =>
        writeJson({
          applications: applications.flatMap((it) => {
            const account = accounts.get(it.accountId);
            return account ? [applicationToJson(it, { settings, adminUrl, account })] : [];
          }),
          ...(standing ? { metadata: standing } : {}),
        }),
    };
  },
};

function filterOf(query: Parameters, now: Date): ApplicationFilter {
  const text = (name: string): string | undefined => textOf(query[name]) || undefined;
  const planType = text("plan_type");
  return {
    accountId: idOf(query["account"]),
    productId: idOf(query["service_id"]),
    planId: idOf(query["plan_id"]),
    planType: planType === "free" || planType === "paid" ? planType : undefined,
    state: text("state"),
    name: text("name"),
    accountQuery: text("account_query"),
    userKey: text("user_key"),
    activeSince: timeOf(text("active_since"), now),
    inactiveSince: timeOf(text("inactive_since"), now),
  };
}

function timeOf(text: string | undefined, now: Date): Date | undefined {
  const time = text === undefined ? undefined : readLenientTime(text, now);
  if (text !== undefined && !time) throw new Problem("time-invalid");
  return time;
}
