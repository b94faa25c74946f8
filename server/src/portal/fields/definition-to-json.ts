import type { Json } from "#platform/document/write-json.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

import type { FieldsDefinition } from "./fields-definition.ts";

/** A fields definition as the API has it, which has it as JSON alone. */
export const definitionToJson = (definition: FieldsDefinition, { timeZone }: Provider): Json => ({
  fields_definition: {
    id: definition.id,
    target: definition.target,
    name: definition.name,
    label: definition.label,
    required: definition.required,
    hidden: definition.hidden,
    read_only: definition.readOnly,
    choices: definition.choices,
    position: definition.position,
    created_at: writeTimestamp(definition.createdAt, timeZone),
    updated_at: writeTimestamp(definition.updatedAt, timeZone),
  },
});
