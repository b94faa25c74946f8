import { readProviderUser } from "#access/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerPermissions } from "./answer-permissions.ts";
import { assertOwnOrAdmin } from "./assert-own-or-admin.ts";
import { permissionsAnswer } from "./provider-user-answers.ts";

export const readPermissionsOperation: Operation = {
  title: "User Permissions Read",
  tag: "Provider",
  says: "Returns what one of the provider's own users may do. A member reads his own alone.",
  method: "GET",
  path: "/users/{id}/permissions",
  deed: "read-own",
  formats: xmlAndJson,
  answers: permissionsAnswer,

  async answer({ pool }, call) {
    assertOwnOrAdmin(call);
    return answerPermissions(call, doneOrRefuse(await readProviderUser(pool, call.provider.id, call.id("id"))));
  },
};
