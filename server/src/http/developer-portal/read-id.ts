import type { FastifyRequest } from "fastify";
import { readForm } from "../shared/read-form.ts";

const idShape = /^[1-9]\d{0,14}$/;

/** Undefined: it is the id of nothing. */
export const idOf = (text: string): number | undefined => (idShape.test(text) ? Number(text) : undefined);

/** A number of the path. What is no id is nobody's. */
export const readId = (request: FastifyRequest, name = "id"): number | undefined =>
  idOf(readForm(request.params)[name] ?? "");
