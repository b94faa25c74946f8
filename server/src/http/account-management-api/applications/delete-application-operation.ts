import { deleteApplication } from "#portal/applications/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationChangeOf } from "./application-change-of.ts";

export const deleteApplicationOperation: Operation = {
  title: "Application Delete",
  tag: "Applications",
  says: "Deletes an application with its keys.",
  method: "DELETE",
  path: "/accounts/{account_id}/applications/{id}",
  deed: "change-portal",
  formats: xmlAndJson,

  async answer({ pool }, call) {
    doneOrRefuse(await deleteApplication(pool, { ...applicationChangeOf(call), writer: "program" }));
    return {};
  },
};
