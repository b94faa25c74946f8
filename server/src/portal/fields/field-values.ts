import { Type } from "typebox";
import { type Json, type Node, record, repeated, value as element } from "#platform/document.ts";
import { textLimits } from "#platform/limits.ts";
import { trimUnicode } from "#platform/visible-text.ts";
import { isXmlText } from "#platform/xml.ts";
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
    return element(name, isRate(target, name) ? { decimal: text } : text);
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
    Object.entries(address).map(([part, text]) => element(part, text)),
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

/**
 * ISO 3166 codes and English names, those of Unicode's CLDR. Documents derive from the names, so they must not change with a version
 * of Node.js, as those of `Intl` do. Reading the names from `Intl` would also take 27 ms at the first use.
 */
const countries = `
  AC Ascension Island; AD Andorra; AE United Arab Emirates; AF Afghanistan; AG Antigua & Barbuda; AI Anguilla;
  AL Albania; AM Armenia; AO Angola; AQ Antarctica; AR Argentina; AS American Samoa; AT Austria; AU Australia;
  AW Aruba; AX Åland Islands; AZ Azerbaijan; BA Bosnia & Herzegovina; BB Barbados; BD Bangladesh; BE Belgium;
  BF Burkina Faso; BG Bulgaria; BH Bahrain; BI Burundi; BJ Benin; BL St. Barthélemy; BM Bermuda; BN Brunei;
  BO Bolivia; BQ Caribbean Netherlands; BR Brazil; BS Bahamas; BT Bhutan; BV Bouvet Island; BW Botswana; BY Belarus;
  BZ Belize; CA Canada; CC Cocos (Keeling) Islands; CD Congo - Kinshasa; CF Central African Republic;
  CG Congo - Brazzaville; CH Switzerland; CI Côte d’Ivoire; CK Cook Islands; CL Chile; CM Cameroon; CN China;
  CO Colombia; CP Clipperton Island; CQ Sark; CR Costa Rica; CU Cuba; CV Cape Verde; CW Curaçao; CX Christmas Island;
  CY Cyprus; CZ Czechia; DE Germany; DG Diego Garcia; DJ Djibouti; DK Denmark; DM Dominica; DO Dominican Republic;
  DZ Algeria; EA Ceuta & Melilla; EC Ecuador; EE Estonia; EG Egypt; EH Western Sahara; ER Eritrea; ES Spain;
  ET Ethiopia; EU European Union; EZ Eurozone; FI Finland; FJ Fiji; FK Falkland Islands; FM Micronesia;
  FO Faroe Islands; FR France; GA Gabon; GB United Kingdom; GD Grenada; GE Georgia; GF French Guiana; GG Guernsey;
  GH Ghana; GI Gibraltar; GL Greenland; GM Gambia; GN Guinea; GP Guadeloupe; GQ Equatorial Guinea; GR Greece;
  GS South Georgia & South Sandwich Islands; GT Guatemala; GU Guam; GW Guinea-Bissau; GY Guyana;
  HK Hong Kong SAR China; HM Heard & McDonald Islands; HN Honduras; HR Croatia; HT Haiti; HU Hungary;
  IC Canary Islands; ID Indonesia; IE Ireland; IL Israel; IM Isle of Man; IN India;
  IO British Indian Ocean Territory; IQ Iraq; IR Iran; IS Iceland; IT Italy; JE Jersey; JM Jamaica; JO Jordan;
  JP Japan; KE Kenya; KG Kyrgyzstan; KH Cambodia; KI Kiribati; KM Comoros; KN St. Kitts & Nevis; KP North Korea;
  KR South Korea; KW Kuwait; KY Cayman Islands; KZ Kazakhstan; LA Laos; LB Lebanon; LC St. Lucia; LI Liechtenstein;
  LK Sri Lanka; LR Liberia; LS Lesotho; LT Lithuania; LU Luxembourg; LV Latvia; LY Libya; MA Morocco; MC Monaco;
  MD Moldova; ME Montenegro; MF St. Martin; MG Madagascar; MH Marshall Islands; MK North Macedonia; ML Mali;
  MM Myanmar (Burma); MN Mongolia; MO Macao SAR China; MP Northern Mariana Islands; MQ Martinique; MR Mauritania;
  MS Montserrat; MT Malta; MU Mauritius; MV Maldives; MW Malawi; MX Mexico; MY Malaysia; MZ Mozambique; NA Namibia;
  NC New Caledonia; NE Niger; NF Norfolk Island; NG Nigeria; NI Nicaragua; NL Netherlands; NO Norway; NP Nepal;
  NR Nauru; NU Niue; NZ New Zealand; OM Oman; PA Panama; PE Peru; PF French Polynesia; PG Papua New Guinea;
  PH Philippines; PK Pakistan; PL Poland; PM St. Pierre & Miquelon; PN Pitcairn Islands; PR Puerto Rico;
  PS Palestinian Territories; PT Portugal; PW Palau; PY Paraguay; QA Qatar; RE Réunion; RO Romania; RS Serbia;
  RU Russia; RW Rwanda; SA Saudi Arabia; SB Solomon Islands; SC Seychelles; SD Sudan; SE Sweden; SG Singapore;
  SH St. Helena; SI Slovenia; SJ Svalbard & Jan Mayen; SK Slovakia; SL Sierra Leone; SM San Marino; SN Senegal;
  SO Somalia; SR Suriname; SS South Sudan; ST São Tomé & Príncipe; SV El Salvador; SX Sint Maarten; SY Syria;
  SZ Eswatini; TA Tristan da Cunha; TC Turks & Caicos Islands; TD Chad; TF French Southern Territories; TG Togo;
  TH Thailand; TJ Tajikistan; TK Tokelau; TL Timor-Leste; TM Turkmenistan; TN Tunisia; TO Tonga; TR Türkiye;
  TT Trinidad & Tobago; TV Tuvalu; TW Taiwan; TZ Tanzania; UA Ukraine; UG Uganda; UM U.S. Outlying Islands;
  UN United Nations; US United States; UY Uruguay; UZ Uzbekistan; VA Vatican City; VC St. Vincent & Grenadines;
  VE Venezuela; VG British Virgin Islands; VI U.S. Virgin Islands; VN Vietnam; VU Vanuatu; WF Wallis & Futuna;
  WS Samoa; XK Kosovo; YE Yemen; YT Mayotte; ZA South Africa; ZM Zambia; ZW Zimbabwe`;

const countryCodes: ReadonlyMap<string, string> = new Map(
  countries.split(";").map((country) => [country.trim().slice(3).toLowerCase(), country.trim().slice(0, 2)]),
);

/** Returns the ISO 3166 code of a country, given by its English name or its code. */
export function countryCodeOf(country: string | null): string | null {
  if (country === null || /^[A-Z]{2}$/.test(country)) return country;
  return countryCodes.get(country.trim().toLowerCase()) ?? null;
}

const limitOfAll = {
  users: { of: " of the account", max: textLimits.account.max },
  applications: { of: " of the account", max: textLimits.account.max },
  products: { of: "", max: textLimits.products.max },
  metrics: { of: "", max: textLimits.metrics.max },
} as const;

type Limited = keyof typeof limitOfAll;

export function lengthOfAllErrors(objects: Limited, length: number): FieldErrors {
  const { of, max } = limitOfAll[objects];
  return length > max
    ? { base: [`The texts of all ${objects}${of} are too long together (maximum is ${max} characters)`] }
    : {};
}

/** An account has a thousand users and as many applications, and a provider as many products. */
const objectsMax = 1000;

/**
 * Returns an error if an object gets longer texts, and those of all are too long then. `before` is undefined for a new object. The
 * caller has locked what they belong to. An object with a thousandth of the maximum always fits.
 */
export async function textsOfAllErrors(
  objects: Limited,
  { after, before = {} }: { readonly after: object; readonly before?: object | undefined },
  lengthOfOthers: () => Promise<number>,
): Promise<FieldErrors> {
  const length = JSON.stringify(after).length;
  if (length <= Math.max(limitOfAll[objects].max / objectsMax, JSON.stringify(before).length)) return {};
  return lengthOfAllErrors(objects, length + (await lengthOfOthers()));
}

// Input

/** Validation errors, by the name of the form field or parameter. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** Merges errors by field, and leaves out fields without errors. */
export function mergeErrors(...parts: readonly FieldErrors[]): FieldErrors {
  const merged = new Map<string, readonly string[]>();
  for (const [name, messages] of parts.flatMap((part) => Object.entries(part))) {
    if (messages.length > 0) merged.set(name, [...(merged.get(name) ?? []), ...messages]);
  }
  return Object.fromEntries(merged);
}

export const hasNoErrors = (errors: FieldErrors): boolean => Object.keys(errors).length === 0;

/** Returns the error of a value that must be unique. */
export const takenErrors = (isTaken: boolean | undefined): readonly string[] =>
  isTaken ? ["has already been taken"] : [];

/** Returns the error of a transition that the current state does not allow, with its name in words, as 3scale writes it. */
export const refuseTransition = (step: string): { readonly refused: FieldErrors } => ({
  refused: { state: [`cannot transition via "${step.replaceAll("_", " ")}"`] },
});

/** Unparsed values of a form or a program, by name. */
export type FieldInput = Readonly<Record<string, unknown>>;

/** A parsed value. `undefined` if the input does not contain it. */
export type Parsed<T> = { readonly value: T | undefined; readonly wrong: readonly string[] };

const parsed = <T>(value: T | undefined): Parsed<T> => ({ value, wrong: [] });
const invalid = <T>(...messages: readonly string[]): Parsed<T> => ({ value: undefined, wrong: messages });

const shortTextLengthMax = 255;

export function parseText(input: FieldInput, name: string, lengthMax = shortTextLengthMax): Parsed<string> {
  const value = input[name];
  if (value === undefined) return parsed<string>(undefined);
  if (value !== null && typeof value !== "string" && typeof value !== "number") return invalid("is invalid");
  const text = trimUnicode(String(value ?? ""));
  if (!isXmlText(text)) return invalid("contains characters that are not allowed");
  return text.length > lengthMax ? invalid(`is too long (maximum is ${lengthMax} characters)`) : parsed(text);
}

/** The limit of the texts in 3scale's database. */
export const longTextLengthMax = 65_535;

/** Returns a parser of a text that may be null. Keeps an empty text, because JSON shows it, unlike null. */
export const parseNullableText =
  (lengthMax?: number) =>
  (input: FieldInput, name: string): Parsed<string | null> =>
    input[name] === null ? parsed<string | null>(null) : parseText(input, name, lengthMax);

const emailLengthMin = 6;
const emailLengthMax = 255;
const emailPattern = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)*$/;

/** Validates an email address. A missing one is reported as malformed. */
export function emailErrors(email: string): readonly string[] {
  if (!emailPattern.test(email) || !isXmlText(email)) return ["should look like an email address"];
  if (email.length < emailLengthMin) return [`is too short (minimum is ${emailLengthMin} characters)`];
  return email.length > emailLengthMax ? [`is too long (maximum is ${emailLengthMax} characters)`] : [];
}

/** Parses a text that must not be blank if the input contains it. */
export function parseRequiredText(input: FieldInput, name: string): Parsed<string> {
  const read = parseText(input, name);
  return read.value === "" ? invalid("can't be blank") : read;
}

export function parseChoice<T extends string>(input: FieldInput, name: string, choices: readonly T[]): Parsed<T> {
  const value = input[name];
  if (value === undefined || value === null || value === "") return parsed<T>(undefined);
  const chosen = choices.find((choice) => choice === value || Number(choice) === value); // JSON clients send versions as numbers
  return chosen === undefined ? invalid("is not included in the list") : parsed(chosen);
}

const trueValues: ReadonlySet<unknown> = new Set([true, 1, "true", "t", "1", "on", "yes"]);
const falseValues: ReadonlySet<unknown> = new Set([false, 0, "false", "f", "0", "off", "no", "", null]);

/** Parses a switch as forms and programs write it, in any case: a form of Python's has `True`. */
export function parseBoolean(input: FieldInput, name: string): Parsed<boolean> {
  const sent = input[name];
  const value = typeof sent === "string" ? sent.toLowerCase() : sent;
  if (value === undefined) return parsed<boolean>(undefined);
  if (trueValues.has(value)) return parsed(true);
  return falseValues.has(value) ? parsed(false) : invalid("is invalid");
}

/** Returns a value as text. JSON numbers and booleans count as their text, null as the empty text, others as absent. */
export function plainText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return value === null ? "" : undefined;
}

const railsFalseTexts: ReadonlySet<string> = new Set(["", "0", "f", "false", "off"]);

/** Parses a switch as Rails does: true unless it is one of `railsFalseTexts`. */
export function parseRailsBoolean(input: FieldInput, name: string): Parsed<boolean> {
  const text = plainText(input[name]);
  return parsed(text === undefined ? undefined : !railsFalseTexts.has(text.toLowerCase()));
}

// People write .5, and browsers send it so.
const moneyPattern = /^(?:\d{1,16}(?:\.\d{0,4})?|\.\d{1,4})$/;
const finerMoneyPattern = /^\d{0,16}\.\d{5,}$/;

/** Writes an amount as the database returns it, with four decimals, so that an unchanged one is equal. */
function withFourDecimals(amount: string): string {
  const [integer = "", decimals = ""] = amount.split(".");
  return `${integer.replace(/^0+(?=\d)/, "") || "0"}.${decimals.padEnd(4, "0")}`;
}

/** Parses a non-negative amount, as text. Blank is zero. */
export function parseMoney(input: FieldInput, name: string): Parsed<string> {
  const value = input[name];
  if (value === undefined) return parsed<string>(undefined);
  if (value === null || value === "") return parsed(withFourDecimals("0"));
  const text = typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
  if (moneyPattern.test(text)) return parsed(withFourDecimals(text));
  if (finerMoneyPattern.test(text)) return invalid("has too many decimals (maximum is 4)");
  return invalid(text.startsWith("-") ? "must be greater than or equal to 0" : "is not a number");
}

const daysMax = 36_500;

/** Parses a whole number of days. Blank is null. */
export function parseDays(input: FieldInput, name: string): Parsed<number | null> {
  const value = input[name];
  if (value === undefined) return parsed<number | null>(undefined);
  if (value === null || value === "") return parsed<number | null>(null);
  const days = Number(value);
  if (!Number.isInteger(days)) return invalid("is not a number");
  return days < 0 || days > daysMax ? invalid(`must be from 0 to ${daysMax}`) : parsed<number | null>(days);
}

/** Parses a whole number. Blank is undefined. */
export function parseWhole(values: FieldInput, name: string): Parsed<number> {
  const text = plainText(values[name])?.trim() ?? "";
  if (text === "") return parsed<number>(undefined);
  const number = Number(text);
  if (Number.isNaN(number)) return invalid("is not a number");
  return Number.isSafeInteger(number) ? parsed(number) : invalid("must be an integer");
}

/** Returns the errors of parsed values, by name. */
export const errorsOf = (read: Readonly<Record<string, Parsed<unknown>>>): FieldErrors =>
  Object.fromEntries(Object.entries(read).map(([name, result]) => [name, result.wrong]));

export type Annotations = Readonly<Record<string, string>>;

export const annotationsSchema = Type.Object(
  { managed_by: Type.Optional(Type.String()) },
  { description: "Machine-readable notes. The only one is `managed_by`; an empty text removes it." },
);

const annotationLengthMax = 255;

/** The names that 3scale accepts. Others were accepted once, and stay until they are emptied. */
const knownAnnotations: ReadonlySet<string> = new Set(["managed_by"]);

/** Sorts names as jsonb does, shorter ones first, so that documents look the same before and after they are stored. */
const inStoredOrder = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a.length - b.length || (a < b ? -1 : 1);

/** Applies an input to annotations. Names that it omits stay; emptied ones are deleted. */
export function parseAnnotations(
  old: Annotations,
  input: unknown,
): { readonly annotations: Annotations; readonly errors: FieldErrors } {
  if (input === undefined || input === null || input === "") return { annotations: old, errors: {} };
  if (typeof input !== "object" || Array.isArray(input))
    return { annotations: old, errors: { annotations: ["is invalid"] } };

  const annotations = new Map(Object.entries(old));
  let hasUnknownName = false;
  const wrong: string[] = [];
  for (const [name, value] of Object.entries(input)) {
    const text: unknown = value ?? "";
    if (!knownAnnotations.has(name) && !annotations.has(name)) hasUnknownName = true;
    else if (typeof text !== "string") wrong.push(`${name} is invalid`);
    else if (!isXmlText(text)) wrong.push(`${name} contains characters that are not allowed`);
    else if (text.length > annotationLengthMax)
      wrong.push(`${name} is too long (maximum is ${annotationLengthMax} characters)`);
    else if (text.trim() === "") annotations.delete(name);
    else annotations.set(name, text);
  }
  return {
    annotations: Object.fromEntries([...annotations].toSorted(inStoredOrder)),
    errors: mergeErrors({
      "annotations.name": hasUnknownName ? ["is not included in the list"] : [],
      annotations: wrong,
    }),
  };
}
