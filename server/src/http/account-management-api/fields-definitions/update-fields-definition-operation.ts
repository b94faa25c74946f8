import { definitionToJson, updateFieldsDefinition } from "#portal/fields/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { writeJson } from "../answers/write-json.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { FieldsDefinitionChangeSchema } from "./fields-definition-schemas.ts";
import { fieldsDefinitionAnswer } from "./fields-definition-answers.ts";

export const updateFieldsDefinitionOperation: Operation = {
  title: "Fields Definition Update",
  tag: "Fields definitions",
  says: "Changes how a field is kept, or its place. Its target and its name stay.",
  method: "PUT",
  path: "/fields_definitions/{id}",
  deed: "change-settings",
  formats: jsonOnly,
  body: FieldsDefinitionChangeSchema,
  wrapper: "fields_definition",
  answers: fieldsDefinitionAnswer,

  async answer({ pool }, { provider, values, by, id }) {
    const outcome = await updateFieldsDefinition(pool, { providerId: provider.id, id: id("id"), values, by });
    const { definition } = doneOrRefuse(outcome);
    return { json: () => writeJson(definitionToJson(definition, provider)) };
  },
};
