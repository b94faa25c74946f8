export { readDocumentSettings, type DocumentSettings } from "./document-settings.ts";
export { isFine, mergeErrors, type FieldErrors } from "./field-errors.ts";
export type { FieldValues } from "./field-value.ts";
export type { FieldsDefinition } from "./fields-definition.ts";
export { insertStandardFields, readFieldsDefinitions } from "./fields-definitions-table.ts";
export { readAnnotations } from "./read-annotations.ts";
export { missingFields, readFieldInput, withGiven, type FieldInput, type FieldWriter } from "./read-field-input.ts";
export { fieldsToJson, representFields } from "./represent-fields.ts";
export { cannot } from "./refused-transition.ts";
