import { Type } from "typebox";
import { definitionToJson } from "#portal/fields/index.ts";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { id, times } from "../answers/schema-parts.ts";
import { writeJson } from "../answers/write-json.ts";
import { provider, region } from "../examples/example-portal.ts";
import { target } from "./fields-definition-schemas.ts";

const schema = Type.Object({
  fields_definition: Type.Object(
    {
      id,
      target,
      name: Type.String(),
      label: Type.String(),
      required: Type.Boolean(),
      hidden: Type.Boolean(),
      read_only: Type.Boolean(),
      choices: Type.Array(Type.String()),
      position: Type.Integer(),
      ...times,
    },
    { title: "FieldsDefinition" },
  ),
});

export const fieldsDefinitionAnswer: DocumentedAnswer = {
  schema,
  example: { json: () => writeJson(definitionToJson(region, provider)) },
};

export const fieldsDefinitionsAnswer: DocumentedAnswer = {
  schema: Type.Object({ fields_definitions: Type.Array(schema) }),
  example: { json: () => writeJson({ fields_definitions: [definitionToJson(region, provider)] }) },
};
