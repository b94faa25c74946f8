import type { FastifyRequest } from "fastify";
import { readForm } from "../shared/read-form.ts";

const idShape = /^[1-9]\d{0,14}$/;

/** A number of the path. What is no id is nobody's. */
export function readId(request: FastifyRequest, name = "id"): number | undefined {
  const text = readForm(request.params)[name] ?? "";
  return idShape.test(text) ? Number(text) : undefined;
}
