import { Type } from "typebox";
import { readProviderUser } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { changeProviderUserPermissions } from "#portal/provider-account/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { permissionsAnswer } from "./provider-user-answers.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerPermissions } from "./answer-permissions.ts";
import { AllowedSections } from "./permissions-schema.ts";
import { providerUserChangeOf } from "./provider-user-change-of.ts";
import { readPermissions } from "./read-permissions.ts";

export const updatePermissionsOperation: Operation = {
  title: "User Permissions Update",
  tag: "Provider",
  says:
    "Says what a member may do: these sections and no others, for these services. What is left out stays as it is, and what " +
    "is not known is dropped. An admin may do all, so only the provider key can prepare what is left once he is a member.",
  method: "PUT",
  path: "/users/{id}/permissions",
  deed: "administer-provider",
  formats: xmlAndJson,
  body: Type.Object(
    {
      allowed_sections: Type.Optional(AllowedSections),
      allowed_service_ids: Type.Optional(
        Type.Array(Type.Integer(), {
          description: "The services to see and change, with their plans and applications; null or an empty text: all.",
        }),
      ),
    },
    { examples: [{ allowed_sections: ["partners", "plans"], allowed_service_ids: [7] }] },
  ),
  wrapper: "permissions",
  answers: permissionsAnswer,

  async answer({ pool }, call) {
    const { provider, caller } = call;
    const target = doneOrRefuse(await readProviderUser(pool, provider.id, call.id("id")));
    if (target.role === "admin" && caller.actor.kind !== "key") throw new Problem("role-missing");
    const names = { sections: "allowed_sections", services: "allowed_service_ids" };
    const permissions = readPermissions(call.values, names);
    const outcome = await changeProviderUserPermissions(pool, { ...providerUserChangeOf(call), permissions });
    return answerPermissions(call, doneOrRefuse(outcome).user);
  },
};
