import { type Json, type Node, record, repeated, value } from "#platform/document.ts";
import { countryCodeOf } from "./countries.ts";
import type { FieldTarget, FieldsDefinition } from "./fields-definition.ts";

/** The value of a field: a text, several texts, or the parts of an address. */
export type FieldValue = string | readonly string[] | AddressValue;

export type AddressValue = Readonly<Partial<Record<AddressPart, string>>>;

/** The field values of one account, user or application, by name. */
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

// Fields with their own element in documents. All others are inside `extra_fields`.
const builtInFields: Readonly<Record<FieldTarget, ReadonlySet<string>>> = {
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

export const isBuiltIn = (target: FieldTarget, name: string): boolean => builtInFields[target].has(name);

// These two hold no text. A user's field of the same name is an ordinary one.
export const isRate = (target: FieldTarget, name: string): boolean => target === "Account" && name === "vat_rate";
export const isBillingAddress = (target: FieldTarget, name: string): boolean =>
  target === "Account" && name === "billing_address";

export const isAddress = (content: FieldValue): content is AddressValue =>
  typeof content === "object" && !Array.isArray(content);

/**
 * Returns the value of a field. A plain index would find inherited properties, for example for a field named
 * `constructor`.
 */
export const fieldValue = (values: FieldValues, name: string): FieldValue | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

const permanentFields: Readonly<Record<FieldTarget, readonly string[]>> = {
  Account: ["org_name"],
  User: ["username", "email"],
  Cinstance: ["name"],
};

/** Returns whether a field cannot be deleted, hidden or made optional. */
export const isPermanent = (target: FieldTarget, name: string): boolean => permanentFields[target].includes(name);

/**
 * Represents the defined fields of an object as XML: the built-in ones, then the others inside `extra_fields`, both by
 * position, trimmed, and without blank ones.
 */
export function representFields(
  definitions: readonly FieldsDefinition[],
  target: FieldTarget,
  values: FieldValues,
): readonly Node[] {
  const builtIn: Node[] = [];
  const extra: Node[] = [];
  for (const definition of definitions) {
    if (definition.target !== target) continue;
    const node = isBillingAddress(target, definition.name)
      ? representAddress(withFallbacks(values))
      : representField(definition, fieldValue(values, definition.name));
    if (node) (isBuiltIn(target, definition.name) ? builtIn : extra).push(node);
  }
  return [...builtIn, record("extra_fields", extra)];
}

function representField({ target, name }: FieldsDefinition, content: FieldValue | undefined): Node | undefined {
  if (content === undefined || isAddress(content)) return undefined;
  if (typeof content === "string") {
    const text = content.trim();
    if (text === "") return undefined;
    return value(name, isRate(target, name) ? { decimal: text } : text);
  }
  const texts = content.map((text) => text.trim()).filter((text) => text !== "");
  return texts.length > 0 ? repeated(name, texts) : undefined;
}

type RepresentedAddress = Readonly<Record<AddressPart | "address", string | null>>;

/**
 * Returns a billing address as documents show it. Three missing parts fall back to other values of the account, so
 * accounts without any address have one as soon as the field is defined.
 */
function withFallbacks(values: FieldValues): RepresentedAddress {
  const stored = fieldValue(values, "billing_address");
  const address: AddressValue = stored !== undefined && isAddress(stored) ? stored : {};
  const text = (name: string): string | null => {
    const content = fieldValue(values, name);
    return typeof content === "string" ? content : null;
  };
  const {
    company,
    address1 = null,
    address2 = null,
    phone_number,
    city = null,
    country,
    state = null,
    zip = null,
  } = address;
  return {
    company: company?.trim() ? company : text("org_name"),
    address: [address1, address2].filter((line) => line !== null).join("\n"),
    address1,
    address2,
    phone_number: phone_number ?? text("telephone_number"),
    city,
    country: country ?? countryCodeOf(text("country")),
    state,
    zip,
  };
}

const representAddress = (address: RepresentedAddress): Node =>
  record(
    "billing_address",
    Object.entries(address).map(([part, text]) => value(part, text)),
  );

/** Represents the defined fields as JSON: flat, the built-in ones first, with blank ones. */
export function fieldsToJson(
  definitions: readonly FieldsDefinition[],
  target: FieldTarget,
  values: FieldValues,
): Readonly<Record<string, Json>> {
  const defined = definitions.filter((definition) => definition.target === target);
  const ordered = [
    ...defined.filter(({ name }) => isBuiltIn(target, name)),
    ...defined.filter(({ name }) => !isBuiltIn(target, name)),
  ];
  return Object.fromEntries(
    ordered.flatMap(({ name }): [string, Json][] => {
      if (isBillingAddress(target, name)) return [[name, withFallbacks(values)]];
      const content = fieldValue(values, name);
      return content === undefined ? [] : [[name, content]];
    }),
  );
}
