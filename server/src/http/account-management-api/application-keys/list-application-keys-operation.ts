import { applicationKeysAnswer } from "./application-key-answers.ts";
import { readApplicationOrRefuse } from "../answers/read-application-or-refuse.ts";
import { writeApplicationKeys } from "./write-application-keys.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

export const listApplicationKeysOperation: Operation = {
  title: "Application Key List",
  tag: "Application keys",
  says: "Returns the keys of an application.",
  method: "GET",
  path: "/accounts/{account_id}/applications/{application_id}/keys",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: applicationKeysAnswer,

  async answer({ pool }, call) {
    return writeApplicationKeys(call, await readApplicationOrRefuse(pool, call, "application_id"));
  },
};
