import { createFieldsDefinition, definitionToJson } from "#portal/fields/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { writeJson } from "../answers/write-json.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { NewFieldsDefinitionSchema } from "./fields-definition-schemas.ts";
import { fieldsDefinitionAnswer } from "./fields-definition-answers.ts";

export const createFieldsDefinitionOperation: Operation = {
  title: "Fields Definition Create",
  tag: "Fields definitions",
  says: "Defines one more field, after those of its target.",
  method: "POST",
  path: "/fields_definitions",
  deed: "change-settings",
  formats: jsonOnly,
  body: NewFieldsDefinitionSchema,
  wrapper: "fields_definition",
  answers: fieldsDefinitionAnswer,

  async answer({ pool }, { provider, values, by, adminUrl }) {
    const outcome = await createFieldsDefinition(pool, { providerId: provider.id, values, by });
    const { definition } = doneOrRefuse(outcome);
    return {
      status: 201,
      location: `${adminUrl}/admin/api/fields_definitions/${definition.id}.json`,
      json: () => writeJson(definitionToJson(definition, provider)),
    };
  },
};
