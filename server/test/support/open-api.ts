import { expect } from "vitest";

export type Fields = Readonly<Record<string, unknown>>;

const isFields = (it: unknown): it is Fields => typeof it === "object" && it !== null && !Array.isArray(it);

/** Returns the object, or an empty one if it is missing. */
export const fieldsOf = (it: unknown): Fields => (isFields(it) ? it : {});

/** Resolves a reference; returns anything else unchanged. */
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

/** Returns all operations in the `paths` or the `webhooks` of an OpenAPI document. */
export const operationsIn = (document: Fields, part: "paths" | "webhooks" = "paths"): readonly DocumentedOperation[] =>
  Object.entries(fieldsOf(document[part])).flatMap(([path, item]) =>
    Object.entries(fieldsOf(item)).map(([method, operation]) => ({ path, method, operation: fieldsOf(operation) })),
  );
