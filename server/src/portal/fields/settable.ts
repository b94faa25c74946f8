import { type TSchema, Type } from "typebox";
import { columnOf, type Field } from "#platform/database/field-table.ts";
import type { FieldWriter } from "./field-input.ts";
import { type FieldErrors, type FieldInput, mergeErrors, type Parsed } from "./input.ts";

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
  readonly parse?: (values: FieldInput, name: string, now: Date) => Parsed<Value>;
}

export interface SettableField<Value = unknown> extends Field {
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

interface SetRequest {
  /** Unparsed values, by their names in requests. */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
  readonly now: Date;
}

interface ParsedRequest<T> {
  /** The properties to change. */
  readonly changes: Readonly<Partial<T>>;
  readonly errors: FieldErrors;
}

/** Parses the properties that a request sets: all, or those in a group of documents. Returns all errors. */
export function parseRequest<T>(table: SettableTable<T>, request: SetRequest, group?: string): ParsedRequest<T>;
export function parseRequest(table: Rows, { values, writer, now }: SetRequest, group?: string): ParsedRequest<object> {
  const read = Object.entries(table).flatMap(([property, row]) => {
    const { parse, programsOnly } = row.set ?? {};
    if (!parse || !isIn(row, group) || (programsOnly && writer === "developer")) return [];
    const name = requestName(table, property);
    return [{ property, name, ...parse(values, name, now) }];
  });
  return {
    changes: Object.fromEntries(
      read.filter(({ value }) => value !== undefined).map(({ property, value }) => [property, value]),
    ),
    errors: mergeErrors(...read.map(({ name, wrong }) => ({ [name]: wrong }))),
  };
}
