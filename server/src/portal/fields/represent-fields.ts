import { record, repeated, value, type Node } from "#platform/document/document.ts";
import type { Json } from "#platform/document/write-json.ts";

import {
  fieldOf,
  isAddress,
  isBillingAddress,
  isBuiltIn,
  isRate,
  type AddressPart,
  type AddressValue,
  type FieldValue,
  type FieldValues,
} from "./field-value.ts";
import type { FieldsDefinition, FieldTarget } from "./fields-definition.ts";

/**
 * The defined fields of an object as XML has them: the built-in ones, then the others inside `extra_fields`, both in the
 * order of their positions, stripped, and without those that are blank.
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
      ? representAddress(shownAddress(values))
      : representField(definition, fieldOf(values, definition.name));
    if (node) (isBuiltIn(target, definition.name) ? builtIn : extra).push(node);
  }
  return [...builtIn, record("extra_fields", extra)];
}

function representField({ target, name }: FieldsDefinition, it: FieldValue | undefined): Node | undefined {
  if (it === undefined || isAddress(it)) return undefined;
  if (typeof it === "string") {
    const text = it.trim();
    if (text === "") return undefined;
    return value(name, isRate(target, name) ? { decimal: text } : text);
  }
  const texts = it.map((text) => text.trim()).filter((text) => text !== "");
  return texts.length > 0 ? repeated(name, texts) : undefined;
}

type ShownAddress = Readonly<Record<AddressPart | "address", string | null>>;

/**
 * Returns a billing address as documents show it: each part, with what else the account says in the place of three that are
 * missing. Once the field is defined, accounts without any address have one, too.
 */
function shownAddress(values: FieldValues): ShownAddress {
  const stored = fieldOf(values, "billing_address");
  const address: AddressValue = stored !== undefined && isAddress(stored) ? stored : {};
  const text = (name: string): string | null => {
    const it = fieldOf(values, name);
    return typeof it === "string" ? it : null;
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
    country: country ?? codeOfCountry(text("country")),
    state,
    zip,
  };
}

const representAddress = (address: ShownAddress): Node =>
  record(
    "billing_address",
    Object.entries(address).map(([part, text]) => value(part, text)),
  );

/** By their English names in lower case. Made once, when first needed: that takes 80 ms. */
let codesOfCountries: ReadonlyMap<string, string> | undefined;

/** Returns the ISO 3166 code of a country that is named in English, or that is given as a code. */
function codeOfCountry(country: string | null): string | null {
  if (country === null) return null;
  if (/^[A-Z]{2}$/.test(country)) return country;
  codesOfCountries ??= listCountries();
  return codesOfCountries.get(country.trim().toLowerCase()) ?? null;
}

function listCountries(): ReadonlyMap<string, string> {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("");
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  const codes = letters.flatMap((first) => letters.map((second) => `${first}${second}`));
  // A code that was replaced, such as UK by GB, is not the one that its locale has.
  const current = codes.filter((code) => new Intl.Locale(`und-${code}`).region === code);
  return new Map(current.map((code) => [(names.of(code) ?? code).toLowerCase(), code]));
}

/** The same fields as the API's JSON has them: flat, the built-in ones first, blank ones kept. */
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
      if (isBillingAddress(target, name)) return [[name, shownAddress(values)]];
      const it = fieldOf(values, name);
      return it === undefined ? [] : [[name, it]];
    }),
  );
}
