import { Type } from "typebox";
import { readProviderUser } from "#access/index.ts";
import { changeProviderUserSections } from "#portal/provider-account/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";
import { answerPermissions } from "./answer-permissions.ts";
import { AllowedSections } from "./permissions-schema.ts";
import { providerUserChangeOf } from "./provider-user-change-of.ts";
import { permissionsAnswer } from "../answers/user-answers.ts";

export const updatePermissionsOperation: Operation = {
  title: "User Permissions Update",
  tag: "Provider",
  says: "Says what a member may do: these sections and no others, for all services.",
  method: "PUT",
  path: "/users/{id}/permissions",
  deed: "administer-provider",
  formats: xmlAndJson,
  body: Type.Object(
    {
      allowed_sections: Type.Optional(AllowedSections),
      allowed_service_ids: Type.Optional(
        Type.Array(Type.Integer(), { maxItems: 0, description: "Cannot be narrowed: members reach all services." }),
      ),
    },
    { examples: [{ allowed_sections: ["partners", "plans"] }] },
  ),
  answers: permissionsAnswer,

  async answer({ pool }, call) {
    const { values } = call;
    if (textsOf(values["allowed_service_ids"]).length > 0) {
      throw new Problem("invalid", {
        errors: { allowed_service_ids: ["cannot be narrowed: members reach all services"] },
      });
    }
    const change = providerUserChangeOf(call);
    if (values["allowed_sections"] === undefined) {
      return answerPermissions(call, doneOrRefuse(await readProviderUser(pool, call.provider.id, change.userId)));
    }
    const sections = textsOf(values["allowed_sections"]);
    return answerPermissions(call, doneOrRefuse(await changeProviderUserSections(pool, { ...change, sections })).user);
  },
};

const textsOf = (it: unknown): readonly string[] =>
  [it ?? []]
    .flat()
    .map((each) => textOf(each) ?? "")
    .filter((text) => text !== "");
