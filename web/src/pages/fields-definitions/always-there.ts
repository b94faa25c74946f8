import type { FieldsDefinition, FieldTarget } from "../../api/management/fields-definition-queries.ts";

const alwaysThere: Readonly<Record<FieldTarget, readonly string[]>> = {
  Account: ["org_name"],
  User: ["username", "email"],
  Cinstance: ["name"],
};

/** Whether nothing can do without the field: the API keeps it required, and does not delete it. */
export const isAlwaysThere = ({ target, name }: Pick<FieldsDefinition, "target" | "name">): boolean =>
  alwaysThere[target].includes(name);
