import { describeWebhooks, webhookHeaders } from "#http/shared/describe-webhooks.ts";
import { nameSchemas, type JsonObject } from "#platform/open-api/name-schemas.ts";
import type { Operation } from "../operation.ts";
import { describeAnswer } from "./describe-answer.ts";
import { describeBody } from "./describe-body.ts";
import { describeParameters, formatParameter } from "./describe-parameters.ts";
import { refusals, refusalsOf } from "./describe-refusals.ts";
import { description, securitySchemes, tags } from "./introduction.ts";

/** The OpenAPI document of `operations`, with what is sent to webhooks. */
export async function describeOperations(operations: readonly Operation[], version: string): Promise<JsonObject> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = `/admin/api${operation.path}${operation.formats.includes("xml") ? "" : ".json"}`;
    (paths[path] ??= {})[operation.method.toLowerCase()] = await describe(operation);
  }
  const document: JsonObject = JSON.parse(
    JSON.stringify({
      openapi: "3.1.1",
      info: { title: "Account Management API", version, description },
      servers: [{ url: "/", description: "The host of the Admin Portal." }],
      paths,
      webhooks: describeWebhooks(),
      components: {
        securitySchemes,
        parameters: { format: formatParameter, ...webhookHeaders },
        responses: refusals(),
      },
      security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
      tags,
    }),
  );
  return nameSchemas(document);
}

async function describe(operation: Operation) {
  const { title, tag, says } = operation;
  const requestBody = describeBody(operation);
  return {
    summary: title,
    operationId: operationIdOf(title),
    tags: [tag],
    description: says,
    parameters: describeParameters(operation),
    ...(requestBody ? { requestBody } : {}),
    responses: { ...(await describeAnswer(operation)), ...refusalsOf(operation) },
  };
}

const operationIdOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, "-")
    .replace(/-$/, "");
