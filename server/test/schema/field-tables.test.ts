import { expect } from "vitest";
import { columnOf, type Field } from "#platform/database/field-table.ts";
import { accountFields } from "#portal/accounts/account.ts";
import { applicationFields } from "#portal/applications/application.ts";
import { parseNewDefinition } from "#portal/fields/fields-definition.ts";
import { isBuiltIn } from "#portal/fields/field-values.ts";
import { type FieldsDefinition, hasNoErrors } from "#portal/fields/index.ts";
import { apiSpecificationFields } from "#portal/products/api-specifications.ts";
import { featureFields } from "#portal/products/features.ts";
import { authenticationProviderFields } from "#portal/single-sign-on/index.ts";
import { planFields } from "#portal/products/plan.ts";
import { productFields } from "#portal/products/product.ts";
import { userFields } from "#portal/users/user.ts";
import { test } from "../support/test.ts";

interface Stored {
  readonly table: string;
  /** Null if providers define no fields of it. */
  readonly target: FieldsDefinition["target"] | null;
  readonly fields: Readonly<Record<string, Field>>;
  /** Columns without a property: tenant, secrets and mailed codes. */
  readonly others: readonly string[];
}

const codes = ["activation_code_digest", "activation_until", "lost_password_digest", "lost_password_until"];

const stored: readonly Stored[] = [
  { table: "accounts", target: "Account", fields: accountFields, others: ["provider_id"] },
  {
    table: "users",
    target: "User",
    fields: userFields,
    others: ["provider_id", "password_hash", "confirmed_email", ...codes],
  },
  { table: "applications", target: "Cinstance", fields: applicationFields, others: ["provider_id"] },
  { table: "plans", target: null, fields: planFields, others: ["provider_id", "description", "version"] },
  { table: "authentication_providers", target: null, fields: authenticationProviderFields, others: ["provider_id"] },
  { table: "api_specifications", target: null, fields: apiSpecificationFields, others: ["provider_id"] },
  { table: "features", target: null, fields: featureFields, others: ["provider_id"] },
  { table: "products", target: null, fields: productFields, others: ["provider_id"] },
];
const definable = stored.flatMap(({ target, ...rest }) => (target === null ? [] : [{ target, ...rest }]));

test.for(stored)("each column of $table has a row in its field table", async ({ table, fields, others }, { tx }) => {
  const columns = await tx.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = current_schema() and table_name = $1`,
    [table],
  );
  const declared = Object.keys(fields).map((property) => columnOf(fields, property));
  expect(new Set(columns.map(({ name }) => name))).toEqual(new Set([...declared, ...others]));
});

test.for(definable)("a provider cannot define a field with the name of a property of $table", ({ fields, target }) => {
  const named = Object.entries(fields).filter(
    ([, { audited, document }]) => document ?? (audited && audited !== "each"),
  );
  const names = named.map(([property]) => columnOf(fields, property));
  expect(names).not.toEqual([]);
  const allowed = names.filter((name) => hasNoErrors(parseNewDefinition({ target, name, label: "A field" }).errors));
  expect(allowed.filter((name) => !isBuiltIn(target, name))).toEqual([]);
});
