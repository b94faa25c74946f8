import {
  exampleAccount,
  exampleApplicationPlan,
  exampleProduct,
  exampleProvider,
} from "#http/account-management-api/example-portal.ts";
import type { Account } from "#portal/accounts/index.ts";
import type { FieldsDefinition } from "#portal/fields/index.ts";
import type { Plan, Product } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";

const at = new Date("2026-03-01T09:00:00Z");

/** Valid portal objects that are not stored: a test states only the fields that it is about. */
export const aProvider = (overrides: Partial<Provider> = {}): Provider => ({
  ...exampleProvider,
  createdAt: at,
  updatedAt: at,
  ...overrides,
});

export const anAccount = (overrides: Partial<Account> = {}): Account => ({ ...exampleAccount, ...overrides });

export const aDefinition = (
  target: FieldsDefinition["target"],
  name: string,
  overrides: Partial<FieldsDefinition> = {},
): FieldsDefinition => ({
  id: 1,
  target,
  name,
  label: name,
  required: false,
  hidden: false,
  readOnly: false,
  choices: [],
  position: 1,
  createdAt: at,
  updatedAt: at,
  ...overrides,
});

/** The standard fields of every provider. */
export const standardDefinitions: readonly FieldsDefinition[] = [
  aDefinition("Account", "org_name", { required: true }),
  aDefinition("User", "username", { required: true }),
  aDefinition("User", "email", { required: true }),
  aDefinition("Cinstance", "name", { required: true }),
  aDefinition("Cinstance", "description"),
];

export const aProduct = (overrides: Partial<Product> = {}): Product => ({
  ...exampleProduct,
  description: null,
  state: "incomplete",
  createdAt: at,
  updatedAt: at,
  ...overrides,
});

/** The default application plan of product 7, free of charge. */
export const aPlan = (overrides: Partial<Plan> = {}): Plan => ({
  ...exampleApplicationPlan,
  setupFee: "0.0000",
  costPerMonth: "0.0000",
  createdAt: at,
  updatedAt: at,
  ...overrides,
});
