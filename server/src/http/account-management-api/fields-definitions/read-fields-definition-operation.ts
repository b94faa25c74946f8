import { definitionToJson, readFieldsDefinition } from "#portal/fields/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { writeJson } from "../answers/write-json.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { fieldsDefinitionAnswer } from "./fields-definition-answers.ts";

export const readFieldsDefinitionOperation: Operation = {
  title: "Fields Definition Read",
  tag: "Fields definitions",
  says: "Returns the definition of a field.",
  method: "GET",
  path: "/fields_definitions/{id}",
  deed: "read-fields",
  formats: jsonOnly,
  answers: fieldsDefinitionAnswer,

  async answer({ pool }, { provider, id }) {
    const definition = doneOrRefuse(await readFieldsDefinition(pool, provider.id, id("id")));
    return { json: () => writeJson(definitionToJson(definition, provider)), lastModified: definition.updatedAt };
  },
};
