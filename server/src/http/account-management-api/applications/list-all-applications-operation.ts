import { Type } from "typebox";
import { readLenientTime } from "#platform/clock/read-lenient-time.ts";
import { readAccounts } from "#portal/accounts/index.ts";
import { searchApplications, type ApplicationFilter } from "#portal/applications/index.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { writeApplications } from "./write-applications.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { pageQuery, readPage, standingOf } from "../requests/read-page.ts";
import { idOf, textOf, type Parameters } from "../requests/read-parameters.ts";
import { allApplicationsAnswer } from "../answers/application-answers.ts";

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
  answers: allApplicationsAnswer,

  async answer({ pool }, { provider, caller: { reach }, adminUrl, query, now }) {
    const page = readPage(query);
    const { applications, total } = await searchApplications(
      pool,
      provider.id,
      { ...filterOf(query, now), reach },
      { limit: page.perPage, offset: page.offset },
    );
    const standing = standingOf(page, total);
    const settings = await readDocumentSettings(pool, provider);
    const ids = applications.map(({ accountId }) => accountId);
    const accounts = await readAccounts(pool, provider.id, ids);
    return writeApplications({ applications, accounts, standing, settings, adminUrl });
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
