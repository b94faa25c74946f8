import { record, repeated, value, type Node } from "#platform/document/document.ts";
import type { Json } from "#platform/document/write-json.ts";

import {
  addressParts,
  fieldOf,
  isAddress,
  isBuiltIn,
  isRate,
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
    const it = definition.target === target ? fieldOf(values, definition.name) : undefined;
    if (it === undefined) continue;
    const node = representField(definition, it);
    if (node) (isBuiltIn(target, definition.name) ? builtIn : extra).push(node);
  }
  return [...builtIn, record("extra_fields", extra)];
}

function representField({ target, name }: FieldsDefinition, it: FieldValue): Node | undefined {
  if (typeof it === "string") {
    const text = it.trim();
    if (text === "") return undefined;
    return value(name, isRate(target, name) ? { decimal: text } : text);
  }
  if (isAddress(it)) return representAddress(name, it);
  const texts = it.map((text) => text.trim()).filter((text) => text !== "");
  return texts.length > 0 ? repeated(name, texts) : undefined;
}

/** `address` is the address in one piece; its two lines follow on their own. */
function representAddress(name: string, address: AddressValue): Node | undefined {
  if (addressParts.every((part) => !address[part])) return undefined;
  const lines = [address.address1, address.address2].filter((line) => line !== undefined && line !== "");
  return record(
    name,
    addressParts.flatMap((part) => {
      const node = value(part, address[part] ?? null);
      return part === "address1" ? [value("address", lines.length > 0 ? lines.join("\n") : null), node] : [node];
    }),
  );
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
      const it = fieldOf(values, name);
      return it === undefined ? [] : [[name, it]];
    }),
  );
}
