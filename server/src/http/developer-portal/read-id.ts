import type { FastifyRequest } from "fastify";
import { readId as idOf } from "#platform/ids/read-id.ts";
import { readForm } from "../shared/read-form.ts";

/** A number of the path. What is no id is nobody's. */
export const readId = (request: FastifyRequest, name = "id"): number | undefined =>
  idOf(readForm(request.params)[name] ?? "");
