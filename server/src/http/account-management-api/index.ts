import type { FastifyPluginAsync } from "fastify";
import { createAttemptLimiter } from "#access/index.ts";
import { attemptLimits } from "#platform/limits.ts";
import type { JsonObject } from "#platform/open-api.ts";
import { addBodyParsers } from "./body-parsers.ts";
import { handleErrors } from "./error-responses.ts";
import { buildOpenApiDocument } from "./openapi-document.ts";
import type { AccountManagementApiNeeds } from "./operation.ts";
import { operations } from "./operations.ts";
import { serveOperations } from "./serve-operations.ts";

export type { AccountManagementApiNeeds } from "./operation.ts";

/** The OpenAPI document of this door: the same on every machine, made without a database. */
export const describeAccountManagementApi = (version: string): Promise<JsonObject> =>
  buildOpenApiDocument(operations, version);

/** 3scale's APIs for programs that are not served here: the master's, and statistics. */
export const unservedApis = ["/master/api", "/stats"] as const;

/** Answers a program with the 404 of an API, where the Developer Portal would show a page. */
export const unservedApi: FastifyPluginAsync = async (http) => handleErrors(http);

/** The 3scale-compatible API. Register it under /admin/api, where requests know their provider. */
export const accountManagementApi =
  (needs: AccountManagementApiNeeds): FastifyPluginAsync =>
  async (http) => {
    addBodyParsers(http);
    handleErrors(http);
    const all = { ...needs, passwordGuesses: createAttemptLimiter(needs, attemptLimits.ownPassword) };
    serveOperations(http, operations, all);

    let description: Promise<string> | undefined;
    http.get("/openapi.json", async (_request, reply) => {
      description ??= describeAccountManagementApi(needs.version).then((document) => JSON.stringify(document));
      return reply.type("application/json; charset=utf-8").send(await description);
    });
  };
