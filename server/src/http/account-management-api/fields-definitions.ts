import { Type } from "typebox";
import {
  createFieldsDefinition,
  definitionToJson,
  deleteFieldsDefinition,
  readFieldsDefinition,
  readFieldsDefinitions,
  updateFieldsDefinition,
} from "#portal/fields/index.ts";
import {
  idSchema,
  optionalBoolean,
  renderJson,
  renderJsonList,
  requireSuccess,
  type ResponseDoc,
  timestamps,
} from "./responses.ts";
import { exampleField, exampleProvider } from "./example-portal.ts";
import type { Operation } from "./operation.ts";

const target = Type.String({
  enum: ["Account", "User", "Cinstance"],
  description: "A cinstance is an application.",
});

const NewFieldsDefinitionSchema = Type.Object(
  {
    target,
    name: Type.String(),
    label: Type.String(),
    required: optionalBoolean,
    hidden: optionalBoolean,
    read_only: optionalBoolean,
    choices: Type.Optional(Type.Array(Type.String())),
  },
  { examples: [{ target: "Account", name: "region", label: "Region", choices: ["emea", "apac"] }] },
);

const FieldsDefinitionChangeSchema = Type.Partial(
  Type.Object({ ...NewFieldsDefinitionSchema.properties, position: Type.Integer({ description: "Starts at 1." }) }),
  { examples: [{ label: "Where", position: 1 }] },
);

const FieldsDefinitionSchema = Type.Object({
  fields_definition: Type.Object(
    {
      id: idSchema,
      target,
      name: Type.String(),
      label: Type.String(),
      required: Type.Boolean(),
      hidden: Type.Boolean(),
      read_only: Type.Boolean(),
      choices: Type.Array(Type.String()),
      position: Type.Integer(),
      ...timestamps,
    },
    { title: "FieldsDefinition" },
  ),
});

const fieldsDefinitionResponse: ResponseDoc = {
  schema: FieldsDefinitionSchema,
  example: { json: () => renderJson(definitionToJson(exampleField, exampleProvider)) },
};

const fieldsDefinitionsResponse: ResponseDoc = {
  schema: Type.Object({ fields_definitions: Type.Array(FieldsDefinitionSchema) }),
  example: { json: () => renderJson({ fields_definitions: [definitionToJson(exampleField, exampleProvider)] }) },
};

export const fieldsDefinitionOperations: readonly Operation[] = [
  {
    title: "Fields Definitions List",
    description: "Lists the fields of accounts, users and applications.",
    method: "GET",
    path: "/fields_definitions",
    action: "read-fields",
    isJsonOnly: true,
    response: fieldsDefinitionsResponse,
    async handle({ pool }, { provider }) {
      const definitions = await readFieldsDefinitions(pool, provider.id);
      return {
        json: () =>
          renderJsonList("fields_definitions", definitions, (definition) => definitionToJson(definition, provider)),
      };
    },
  },
  {
    title: "Fields Definition Create",
    description: "Defines a field, as the last one of its target.",
    method: "POST",
    path: "/fields_definitions",
    action: "change-settings",
    isJsonOnly: true,
    body: NewFieldsDefinitionSchema,
    wrapper: "fields_definition",
    response: fieldsDefinitionResponse,
    async handle({ pool }, { provider, values, by }) {
      const outcome = await createFieldsDefinition(pool, { providerId: provider.id, values, by });
      const { definition } = requireSuccess(outcome);
      return {
        location: `/fields_definitions/${definition.id}.json`,
        json: () => renderJson(definitionToJson(definition, provider)),
      };
    },
  },
  {
    title: "Fields Definition Read",
    description: "Returns the definition of a field.",
    method: "GET",
    path: "/fields_definitions/{id}",
    action: "read-fields",
    isJsonOnly: true,
    response: fieldsDefinitionResponse,
    async handle({ pool }, { provider, id }) {
      const definition = requireSuccess(await readFieldsDefinition(pool, provider.id, id("id")));
      return { json: () => renderJson(definitionToJson(definition, provider)), lastModified: definition.updatedAt };
    },
  },
  {
    title: "Fields Definition Update",
    description: "Updates a field's settings or its position. Its target and its name cannot be changed.",
    method: "PUT",
    path: "/fields_definitions/{id}",
    action: "change-settings",
    isJsonOnly: true,
    body: FieldsDefinitionChangeSchema,
    wrapper: "fields_definition",
    response: fieldsDefinitionResponse,
    async handle({ pool }, { provider, values, by, id }) {
      const outcome = await updateFieldsDefinition(pool, { providerId: provider.id, id: id("id"), values, by });
      const { definition } = requireSuccess(outcome);
      return { json: () => renderJson(definitionToJson(definition, provider)) };
    },
  },
  {
    title: "Fields Definition Delete",
    description: "Deletes a field's definition. Built-in fields cannot be deleted.",
    method: "DELETE",
    path: "/fields_definitions/{id}",
    action: "change-settings",
    isJsonOnly: true,
    async handle({ pool }, { provider, by, id }) {
      requireSuccess(await deleteFieldsDefinition(pool, { providerId: provider.id, id: id("id"), by }));
      return {};
    },
  },
];
