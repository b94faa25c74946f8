import { definitionToJson, readFieldsDefinitions } from "#portal/fields/index.ts";
import { writeJson } from "../answers/write-json.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { fieldsDefinitionsAnswer } from "./fields-definition-answers.ts";

export const listFieldsDefinitionsOperation: Operation = {
  title: "Fields Definitions List",
  tag: "Fields definitions",
  says: "Returns the fields of accounts, users and applications.",
  method: "GET",
  path: "/fields_definitions",
  deed: "read-fields",
  formats: jsonOnly,
  answers: fieldsDefinitionsAnswer,

  async answer({ pool }, { provider }) {
    const definitions = await readFieldsDefinitions(pool, provider.id);
    return { json: () => writeJson({ fields_definitions: definitions.map((it) => definitionToJson(it, provider)) }) };
  },
};
