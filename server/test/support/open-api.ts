import { expect } from "vitest";

export type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the object, or an empty one if it is missing. */
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** Resolves a reference; returns anything else unchanged. */
export function follow(document: Fields, value: unknown): Fields {
  const { $ref } = fieldsOf(value);
  if (typeof $ref !== "string") return fieldsOf(value);
  const target = $ref
    .split("/")
    .slice(1)
    .reduce<unknown>((at, name) => fieldsOf(at)[name], document);
  expect([$ref, isFields(target)]).toEqual([$ref, true]);
  return fieldsOf(target);
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
