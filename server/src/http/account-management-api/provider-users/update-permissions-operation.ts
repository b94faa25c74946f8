import { Type } from "typebox";
import { changeProviderUserPermissions } from "#portal/provider-account/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { idOf, textOf } from "../requests/read-parameters.ts";
import { answerPermissions } from "./answer-permissions.ts";
import { AllowedSections } from "./permissions-schema.ts";
import { providerUserChangeOf } from "./provider-user-change-of.ts";
import { permissionsAnswer } from "../answers/user-answers.ts";

export const updatePermissionsOperation: Operation = {
  title: "User Permissions Update",
  tag: "Provider",
  says: "Says what a member may do: these sections and no others, for these services. What is left out stays as it is.",
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
  answers: permissionsAnswer,

  async answer({ pool }, call) {
    const { allowed_sections: sections, allowed_service_ids: services } = call.values;
    const outcome = await changeProviderUserPermissions(pool, {
      ...providerUserChangeOf(call),
      ...(sections === undefined ? {} : { sections: textsOf(sections) }),
      ...(services === undefined ? {} : { serviceIds: isAll(services) ? null : textsOf(services).map(idOfText) }),
    });
    return answerPermissions(call, doneOrRefuse(outcome).user);
  },
};

/** A form has no null: there the name with nothing behind it says it. A list with nothing in it is a list of none. */
const isAll = (services: unknown): boolean => services === null || services === "";

const textsOf = (it: unknown): readonly string[] =>
  [it ?? []]
    .flat()
    .map((each) => textOf(each) ?? "")
    .filter((text) => text !== "" && text !== "[]"); // 3scale's clients say "[]" in a form for a list of none

const idOfText = (text: string): number => idOf(text) ?? 0;
