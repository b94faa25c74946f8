import { removeReferrerFilter } from "#portal/applications/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { applicationChangeOf } from "../applications/application-change-of.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

export const deleteReferrerFilterOperation: Operation = {
  title: "Application Referrer Filter Delete",
  tag: "Application keys",
  says: "Takes a referrer filter of an application away.",
  method: "DELETE",
  path: "/accounts/{account_id}/applications/{application_id}/referrer_filters/{id}",
  deed: "change-portal",
  formats: xmlAndJson,

  async answer({ pool }, call) {
    const change = applicationChangeOf(call, "application_id");
    doneOrRefuse(await removeReferrerFilter(pool, { ...change, filterId: call.id("id") }));
    return {};
  },
};
