import type { FieldsDefinition } from "#portal/fields/index.ts";
import type { User } from "#portal/users/index.ts";
import { definedFields } from "../forms/defined-fields.ts";
import type { FormField } from "../forms/form-field.ts";

/** What developers may write of a user, with what it holds. */
export const fieldsOfUser = (definitions: readonly FieldsDefinition[], user: User): readonly FormField[] =>
  definedFields(definitions, "User", { ...user.fields, username: user.username, email: user.email ?? "" });
