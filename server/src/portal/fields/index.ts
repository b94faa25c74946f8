export { readDocumentSettings, type DocumentSettings } from "./document-settings.ts";
export type { AddressValue, FieldValue, FieldValues } from "./field-value.ts";
export type { FieldsDefinition, FieldTarget } from "./fields-definition.ts";
export { insertStandardFields, readFieldsDefinitions } from "./fields-definitions-table.ts";
export { fieldsToJson, representFields } from "./represent-fields.ts";
