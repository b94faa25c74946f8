import { removeApplicationKey } from "#portal/applications/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { applicationChangeOf } from "../applications/application-change-of.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

export const deleteApplicationKeyOperation: Operation = {
  title: "Application Key Delete",
  tag: "Application keys",
  says: "Deletes a key of an application. A key that ends in `.xml` or `.json` itself needs another extension.",
  method: "DELETE",
  path: "/accounts/{account_id}/applications/{application_id}/keys/{key}",
  texts: ["key"],
  deed: "change-portal",
  formats: xmlAndJson,

  async answer({ pool }, call) {
    const change = applicationChangeOf(call, "application_id");
    doneOrRefuse(await removeApplicationKey(pool, { ...change, value: call.text("key"), writer: "program" }));
    return {};
  },
};
