import type { FieldTarget } from "./fields-definition.ts";

/** What a field holds: a text, several texts, or the parts of an address. */
export type FieldValue = string | readonly string[] | AddressValue;

export type AddressValue = Readonly<Partial<Record<AddressPart, string>>>;

/** The fields of one account, user or application, by name. */
export type FieldValues = Readonly<Record<string, FieldValue>>;

export const addressParts = [
  "company",
  "address1",
  "address2",
  "phone_number",
  "city",
  "country",
  "state",
  "zip",
] as const;
export type AddressPart = (typeof addressParts)[number];

// Fields with an element of their own in documents. All others are the provider's inventions, inside `extra_fields`.
const builtIn: Readonly<Record<FieldTarget, ReadonlySet<string>>> = {
  Account: new Set([
    "org_name",
    "org_legaladdress",
    "org_legaladdress_cont",
    "telephone_number",
    "vat_code",
    "vat_rate",
    "fiscal_code",
    "state_region",
    "city",
    "country",
    "zip",
    "primary_business",
    "business_category",
    "po_number",
    "billing_address",
  ]),
  User: new Set(["username", "email", "title", "first_name", "last_name", "job_role"]),
  Cinstance: new Set(["name", "description"]),
};

export const isBuiltIn = (target: FieldTarget, name: string): boolean => builtIn[target].has(name);

// Those that hold no text. A user's field of the same name is an invention like any other.
export const isRate = (target: FieldTarget, name: string): boolean => target === "Account" && name === "vat_rate";
export const isBillingAddress = (target: FieldTarget, name: string): boolean =>
  target === "Account" && name === "billing_address";

export const isAddress = (it: FieldValue): it is AddressValue => typeof it === "object" && !Array.isArray(it);

/** The value of a field. A field may be called `constructor`, which every object seems to have. */
export const fieldOf = (values: FieldValues, name: string): FieldValue | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

const alwaysThere: Readonly<Record<FieldTarget, readonly string[]>> = {
  Account: ["org_name"],
  User: ["username", "email"],
  Cinstance: ["name"],
};

/** Whether a field is one that nothing can do without. */
export const isAlwaysThere = (target: FieldTarget, name: string): boolean => alwaysThere[target].includes(name);
