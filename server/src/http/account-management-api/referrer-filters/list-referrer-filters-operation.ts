import { listReferrerFilters } from "#portal/applications/index.ts";
import { referrerFiltersAnswer } from "./referrer-filter-answers.ts";
import { readApplicationOrRefuse } from "../answers/read-application-or-refuse.ts";
import { writeReferrerFilters } from "./write-referrer-filters.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

export const listReferrerFiltersOperation: Operation = {
  title: "Application Referrer Filter List",
  tag: "Application keys",
  says: "Returns the hosts that calls of an application may come from.",
  method: "GET",
  path: "/accounts/{account_id}/applications/{application_id}/referrer_filters",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: referrerFiltersAnswer,

  async answer({ pool }, call) {
    const application = await readApplicationOrRefuse(pool, call, "application_id");
    return writeReferrerFilters(call, application, await listReferrerFilters(pool, call.provider.id, [application.id]));
  },
};
