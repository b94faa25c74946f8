import { expect } from "vitest";

export type Fields = Readonly<Record<string, unknown>>;

const isFields = (it: unknown): it is Fields => typeof it === "object" && it !== null && !Array.isArray(it);

/** What stands there, with nothing in it where nothing does. */
export const fieldsOf = (it: unknown): Fields => (isFields(it) ? it : {});

/** What a reference leads to; anything else is itself. */
export function follow(document: Fields, it: unknown): Fields {
  const { $ref } = fieldsOf(it);
  if (typeof $ref !== "string") return fieldsOf(it);
  const found = $ref
    .split("/")
    .slice(1)
    .reduce<unknown>((at, name) => fieldsOf(at)[name], document);
  expect([$ref, isFields(found)]).toEqual([$ref, true]);
  return fieldsOf(found);
}

export interface DocumentedOperation {
  readonly path: string;
  readonly method: string;
  readonly operation: Fields;
}

/** All operations of a part of an OpenAPI document: its `paths` or its `webhooks`. */
export const operationsIn = (document: Fields, part: "paths" | "webhooks" = "paths"): readonly DocumentedOperation[] =>
  Object.entries(fieldsOf(document[part])).flatMap(([path, item]) =>
    Object.entries(fieldsOf(item)).map(([method, operation]) => ({ path, method, operation: fieldsOf(operation) })),
  );
