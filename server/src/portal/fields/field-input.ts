import { type TSchema, Type } from "typebox";
import type { ChangeContext } from "#access/index.ts";
import { columnOf, type Field } from "#platform/database/field-table.ts";
import { formatDecimal, isRecord } from "#platform/document.ts";
import { textLimits } from "#platform/limits.ts";
import { trimUnicode } from "#platform/visible-text.ts";
import { isXmlText } from "#platform/xml.ts";
import {
  type AddressPart,
  type AddressValue,
  type FieldValue,
  type FieldValues,
  addressParts,
  fieldValue,
  isAddress,
  isBillingAddress,
  isBuiltIn,
  isRate,
  type FieldErrors,
  type FieldInput,
  hasNoErrors,
  mergeErrors,
  type Parsed,
} from "./field-values.ts";
import type { FieldTarget, FieldsDefinition } from "./fields-definition.ts";

/** The fields that an input contains. Null empties a field. */
type ParsedFields = Readonly<Record<string, FieldValue | null>>;

/** Developers neither see nor write hidden or read-only fields, and write only choices. Programs may write other texts, as in 3scale. */
export type FieldWriter = "developer" | "program";

/** A request to create or change an object of a provider. */
export interface ObjectInput {
  readonly providerId: number;
  /** Unparsed values, by the names of the API. */
  readonly values: FieldInput;
  readonly by: ChangeContext;
}

interface FieldInputRules {
  readonly definitions: readonly FieldsDefinition[];
  readonly target: FieldTarget;
  readonly writer: FieldWriter;
  /** Sign-ups must contain required fields. Other requests by programs may omit them. */
  readonly isSignUp?: boolean;
  /** The current values. */
  readonly stored?: FieldValues;
}

/** Parses the defined fields of an input and returns their errors. Ignores undefined fields. */
export function parseFieldInput(
  { definitions, target, writer, isSignUp = false, stored = {} }: FieldInputRules,
  input: FieldInput,
): { readonly changes: ParsedFields; readonly errors: FieldErrors } {
  const changes: Record<string, FieldValue | null> = {};
  const errors: FieldErrors[] = [];
  for (const definition of definitions) {
    const { name } = definition;
    if (definition.target !== target) continue;
    if (writer === "developer" && (definition.hidden || definition.readOnly)) continue;
    if (isBillingAddress(target, name)) {
      const address = parseBillingAddress(input, fieldValue(stored, name));
      if (address) errors.push(address.errors);
      if (address && hasNoErrors(address.errors)) changes[name] = address.value;
      continue;
    }
    const keepsBlank = writer === "program" && fieldValue(stored, name) !== undefined;
    const parsed = parseValue(inputValue(definition, writer, input), keepsBlank);
    if (parsed === undefined) continue;
    const wrong =
      parsed === "unreadable"
        ? ["is invalid"]
        : valueErrors(definition, parsed.value, {
            isRequired: isRequired(definition, writer, isSignUp),
            offered: writer === "developer" ? offeredTexts(definition, fieldValue(stored, name)) : undefined,
          });
    if (wrong.length > 0) errors.push({ [name]: wrong });
    else if (parsed !== "unreadable") changes[name] = isRate(target, name) ? asDecimal(parsed.value) : parsed.value;
  }
  return { changes, errors: mergeErrors(...errors, togetherErrors(stored, changes)) };
}

/** Returns an error at the longest new value if all values together become too long. Values that were too long before may shrink. */
function togetherErrors(stored: FieldValues, changes: ParsedFields): FieldErrors {
  const { max } = textLimits.fields;
  const length = lengthOf(applyFieldInput(stored, changes));
  if (length <= max || length <= lengthOf(stored)) return {};
  const [longest = ""] = Object.keys(changes).toSorted((a, b) => lengthOf([changes[b]]) - lengthOf([changes[a]]));
  return { [longest]: [`is too long (maximum is ${max} characters for all fields together)`] };
}

const lengthOf = (values: FieldValues | readonly (FieldValue | null | undefined)[]): number =>
  Object.values(values).reduce((sum, value) => sum + (value ? textsOf(value).join("").length : 0), 0);

/**
 * Returns the input of a field, or undefined if the input does not contain it. Programs may also send an account's own
 * fields inside `extra_fields`.
 */
function inputValue({ target, name }: FieldsDefinition, writer: FieldWriter, input: FieldInput): unknown {
  if (Object.hasOwn(input, name)) return input[name];
  const extra = input["extra_fields"];
  const isExtra = writer === "program" && target === "Account" && !isBuiltIn(target, name);
  return isExtra && isRecord(extra) && Object.hasOwn(extra, name) ? extra[name] : undefined;
}

/** Returns errors for required fields that the input of a new object omits. */
export function missingFields(
  { definitions, target, writer, isSignUp = false }: FieldInputRules,
  input: FieldInput,
): FieldErrors {
  const missing = definitions.filter(
    (definition) =>
      definition.target === target &&
      isRequired(definition, writer, isSignUp) &&
      inputValue(definition, writer, input) === undefined &&
      !isBillingAddress(target, definition.name),
  );
  return Object.fromEntries(missing.map(({ name }) => [name, [blank]]));
}

/** Required fields that programs may omit, because `portal/users/change-user.ts` validates them. */
const validatedElsewhere: ReadonlySet<string> = new Set(["username", "email"]);

const isRequired = ({ target, required, name }: FieldsDefinition, writer: FieldWriter, isSignUp: boolean): boolean =>
  required &&
  (writer === "developer" ||
    (target === "Account" && name === "org_name") ||
    (isSignUp && !(target === "User" && validatedElsewhere.has(name))));

/** Applies parsed fields to the current ones. Fields that the input omits stay; emptied ones are deleted. */
export function applyFieldInput(fields: FieldValues, changes: ParsedFields): FieldValues {
  const merged = new Map(Object.entries(fields));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || isEmptyAddress(value)) merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

const isEmptyAddress = (value: FieldValue): boolean =>
  isAddress(value) && Object.values(value).every((part) => part === "");

type ParsedValue = { readonly value: FieldValue | null } | "unreadable" | undefined;

/**
 * Keeps a blank text of a program that replaces another text, because JSON shows it. Otherwise blank means no value.
 */
function parseValue(input: unknown, keepsBlank: boolean): ParsedValue {
  if (input === undefined) return undefined;
  if (!Array.isArray(input)) {
    const text = textOfInput(input);
    const isNone = text === "" && (!keepsBlank || input === null);
    return text === undefined ? "unreadable" : { value: isNone ? null : text };
  }
  const texts = input.map(textOfInput);
  if (!texts.every((text) => text !== undefined)) return "unreadable";
  const filled = texts.filter((text) => text !== "");
  return { value: filled.length > 0 ? filled : null };
}

interface ParsedAddress {
  /** The current address with the parts of the input. Null deletes the address. */
  readonly value: AddressValue | null;
  readonly errors: FieldErrors;
}

/** Names of address parts in requests, where they differ from documents. */
const inputNames: Readonly<Partial<Record<AddressPart, string>>> = { company: "name", phone_number: "phone" };
const requiredNestedParts: readonly AddressPart[] = ["company", "address1", "city", "country"];

/** Parses an address, sent as a nested value or in flat parts such as `billing_address_city`. */
function parseBillingAddress(input: FieldInput, stored: FieldValue | undefined): ParsedAddress | undefined {
  const nested = input["billing_address"];
  if (nested === null || nested === "") return { value: null, errors: {} };
  if (nested !== undefined && !isRecord(nested)) {
    return { value: null, errors: { billing_address: ["is not correctly set"] } };
  }
  const sent = addressParts.flatMap((part): [AddressPart, unknown][] => {
    const name = inputNames[part] ?? part;
    const value = nested && Object.hasOwn(nested, name) ? nested[name] : input[`billing_address_${name}`];
    return value === undefined ? [] : [[part, value]];
  });
  if (sent.length === 0 && !nested) return undefined;
  const address = new Map(stored !== undefined && isAddress(stored) ? Object.entries(stored) : []);
  const errors: FieldErrors[] = [];
  for (const [part, value] of sent) {
    const text = textOfInput(value);
    if (value === null) address.delete(part);
    else if (text !== undefined) address.set(part, text);
    errors.push({ [`billing_address_${inputNames[part] ?? part}`]: addressPartErrors(text) });
  }
  const missing = nested ? requiredNestedParts.filter((part) => !address.get(part)) : [];
  for (const part of missing) errors.push({ [`billing_address_${inputNames[part] ?? part}`]: [blank] });
  return { value: Object.fromEntries(address), errors: mergeErrors(...errors) };
}

function addressPartErrors(text: string | undefined): readonly string[] {
  if (text === undefined) return ["is invalid"];
  if (!isXmlText(text)) return ["contains characters that are not allowed"];
  return text.length > builtInLengthMax ? [`is too long (maximum is ${builtInLengthMax} characters)`] : [];
}

function textOfInput(input: unknown): string | undefined {
  if (input === null) return "";
  return typeof input === "string" || typeof input === "number" || typeof input === "boolean"
    ? trimUnicode(String(input))
    : undefined;
}

const asDecimal = (value: FieldValue | null): FieldValue | null =>
  typeof value === "string" && value !== "" ? formatDecimal(value) : value || null;

const blank = "can't be blank";
const builtInLengthMax = 255;
const numberPattern = /^-?\d{1,16}(\.\d{1,16})?$/;

interface ValueRules {
  readonly isRequired: boolean;
  /** The texts to choose from. Undefined if there is no choice. */
  readonly offered: ReadonlySet<string> | undefined;
}

/** Returns what a developer may choose. A stored value that is no longer among the choices may stay. */
const offeredTexts = ({ choices }: FieldsDefinition, stored: FieldValue | undefined): ReadonlySet<string> | undefined =>
  choices.length === 0 ? undefined : new Set([...choices, ...(stored === undefined ? [] : textsOf(stored))]);

function valueErrors(
  { target, name }: FieldsDefinition,
  value: FieldValue | null,
  { isRequired: isNeeded, offered }: ValueRules,
): string[] {
  if (value === null || value === "") return isNeeded ? [blank] : [];
  const texts = textsOf(value);
  const wrong: string[] = [];
  if (!texts.every(isXmlText)) wrong.push("contains characters that are not allowed");
  if (offered && !texts.every((text) => offered.has(text))) wrong.push("is not included in the list");
  if (!isBuiltIn(target, name) || name === "description") {
    const { max } = textLimits.field;
    if (texts.join("").length > max) wrong.push(`is too long (maximum is ${max} characters)`);
    return wrong;
  }
  if (Array.isArray(value)) wrong.push("is invalid");
  if (texts.some((text) => text.length > builtInLengthMax)) {
    wrong.push(`is too long (maximum is ${builtInLengthMax} characters)`);
  }
  if (isRate(target, name) && !texts.every((text) => numberPattern.test(text))) wrong.push("is not a number");
  return wrong;
}

const textsOf = (value: FieldValue): readonly string[] => (typeof value === "string" ? [value] : Object.values(value));

/** When and where a request was received, for its times. */
export interface Received {
  readonly now: Date;
  /** The zone of times without one: the provider's, as of the times in responses. */
  readonly timeZone?: string;
}

/** How requests set a property. The schemas of requests and their parsing follow from it. */
interface Setter<Value> {
  /** The name in requests. Defaults to the column. */
  readonly name?: string;
  /** Omitted for a property that requests may have, but that is not documented. */
  readonly schema?: TSchema;
  /** Complete objects and requests that create one have it. */
  readonly required?: true;
  /** Only requests that create the object may have it. */
  readonly once?: true;
  /** Developers cannot set it. */
  readonly programsOnly?: true;
  /** Returns undefined for a value that stays unchanged. Omitted if the use case parses the property itself. */
  readonly parse?: (values: FieldInput, name: string, received: Received) => Parsed<Value>;
}

interface SettableField<Value = unknown> extends Field {
  readonly set?: Setter<Value>;
}

/** A field table whose rows also state how requests set the properties. */
export type SettableTable<T> = { readonly [Property in keyof T]-?: SettableField<T[Property]> };

type Rows = Readonly<Record<string, SettableField>>;

/** Returns the name of a property in requests. */
export const requestName = (table: Rows, property: string): string =>
  table[property]?.set?.name ?? columnOf(table, property);

const isIn = ({ document }: Field, group: string | undefined): boolean => group === undefined || document === group;

/**
 * Returns the schemas of the properties that requests set: all, or those in a group of documents. A change may omit each
 * of them.
 */
export const propertySchemas = (
  table: Rows,
  object: "complete" | "change",
  group?: string,
): Readonly<Record<string, TSchema>> =>
  Object.fromEntries(
    Object.entries(table).flatMap(([property, row]) => {
      const { schema, required, once } = row.set ?? {};
      if (!schema || !isIn(row, group) || (once && object === "change")) return [];
      return [[requestName(table, property), required && object === "complete" ? schema : Type.Optional(schema)]];
    }),
  );

interface SetRequest extends Received {
  /** Unparsed values, by their names in requests. */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
}

interface ParsedRequest<T> {
  /** The properties to change. */
  readonly changes: Readonly<Partial<T>>;
  readonly errors: FieldErrors;
}

/** Parses the properties that a request sets: all, or those in a group of documents. Returns all errors. */
export function parseRequest<T>(table: SettableTable<T>, request: SetRequest, group?: string): ParsedRequest<T>;
export function parseRequest(table: Rows, request: SetRequest, group?: string): ParsedRequest<object> {
  const { values, writer } = request;
  const read = Object.entries(table).flatMap(([property, row]) => {
    const { parse, programsOnly } = row.set ?? {};
    if (!parse || !isIn(row, group) || (programsOnly && writer === "developer")) return [];
    const name = requestName(table, property);
    return [{ property, name, ...parse(values, name, request) }];
  });
  return {
    changes: Object.fromEntries(
      read.filter(({ value }) => value !== undefined).map(({ property, value }) => [property, value]),
    ),
    errors: mergeErrors(...read.map(({ name, wrong }) => ({ [name]: wrong }))),
  };
}
