export { createFieldsDefinition, deleteFieldsDefinition, updateFieldsDefinition } from "./change-definitions.ts";
export { definitionToJson } from "./definition-to-json.ts";
export { readDocumentSettings, recallDocumentSettings, type DocumentSettings } from "./document-settings.ts";
export { isFine, mergeErrors, takenIf, type FieldErrors } from "./field-errors.ts";
export { isBillingAddress, type FieldValues } from "./field-value.ts";
export type { FieldsDefinition } from "./fields-definition.ts";
export { insertStandardFields, readFieldsDefinition, readFieldsDefinitions } from "./fields-definitions-table.ts";
export { readAnnotations, type Annotations } from "./read-annotations.ts";
export { missingFields, readFieldInput, withGiven, type FieldWriter } from "./read-field-input.ts";
export { fieldsToJson, representFields } from "./represent-fields.ts";
export { cannot } from "./refused-transition.ts";
export {
  judgeEmail,
  readChoice,
  readDays,
  readMoney,
  readName,
  readText,
  readTruth,
  wrongOf,
  type FieldInput,
  type Read,
} from "./read-values.ts";
