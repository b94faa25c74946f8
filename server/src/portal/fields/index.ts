export { createFieldsDefinition, deleteFieldsDefinition, updateFieldsDefinition } from "./change-definitions.ts";
export { applyFieldInput, type FieldWriter, missingFields, parseFieldInput } from "./field-input.ts";
export { fieldsToJson, type FieldValues, isBillingAddress, representFields } from "./field-values.ts";
export {
  definitionToJson,
  type DocumentSettings,
  type FieldsDefinition,
  type FieldTarget,
  insertStandardFields,
  readCachedDocumentSettings,
  readDocumentSettings,
  readFieldsDefinition,
  readFieldsDefinitions,
} from "./fields-definition.ts";
export {
  type Annotations,
  annotationsSchema,
  emailErrors,
  errorsOf,
  type FieldErrors,
  type FieldInput,
  hasNoErrors,
  mergeErrors,
  parseAnnotations,
  parseBoolean,
  parseChoice,
  type Parsed,
  parseDays,
  parseMoney,
  parseRailsBoolean,
  parseRequiredText,
  parseText,
  plainText,
  refuseTransition,
  takenErrors,
} from "./input.ts";
export { parseRequest, requestName, propertySchemas, type SettableTable } from "./settable.ts";
