import type { FastifyPluginAsync } from "fastify";
import { createAttemptLimiter } from "#access/index.ts";
import { attemptLimits } from "#platform/limits.ts";
import type { JsonObject } from "#platform/document.ts";
import { accessTokenOperations } from "./access-tokens.ts";
import { accountOperations } from "./accounts.ts";
import { applicationKeyOperations, referrerFilterOperations } from "./application-keys.ts";
import { applicationSearchOperations } from "./application-search.ts";
import { applicationOperations } from "./applications.ts";
import { type AccountManagementApiNeeds, addBodyParsers, type Operation, serveOperations } from "./operation.ts";
import { handleErrors } from "./responses.ts";
import { fieldsDefinitionOperations } from "./fields-definitions.ts";
import { buildOpenApiDocument } from "./openapi-document.ts";
import { accountPlanOperations, applicationPlanOperations } from "./plans.ts";
import { providerUserOperations } from "./provider-users.ts";
import { providerOperations, settingsOperations } from "./provider.ts";
import { serviceContractOperations, serviceOperations } from "./services.ts";
import { signUpOperation } from "./signup.ts";
import { userOperations } from "./users.ts";
import { webhookOperations } from "./webhooks.ts";

/** All operations, in the order of the OpenAPI document. */
export const operations: readonly Operation[] = [
  ...webhookOperations,
  signUpOperation,
  ...accountOperations,
  ...serviceContractOperations,
  ...userOperations,
  ...applicationOperations,
  ...applicationKeyOperations,
  ...referrerFilterOperations,
  ...applicationSearchOperations,
  ...accountPlanOperations,
  ...applicationPlanOperations,
  ...serviceOperations,
  ...accessTokenOperations,
  ...fieldsDefinitionOperations,
  ...settingsOperations,
  ...providerUserOperations,
  ...providerOperations,
];

/** Returns the OpenAPI document. It does not depend on the machine or the database. */
export const describeAccountManagementApi = (version: string): Promise<JsonObject> =>
  buildOpenApiDocument(operations, version);

/** 3scale's other APIs, which Bellwire does not have: those of the master account, of traffic, and of billing. */
export const unservedApis = ["/master/api", "/stats", "/api"] as const;

/** Answers every request with an API's 404, instead of the Developer Portal's page. */
export const unservedApi: FastifyPluginAsync = async (http) => handleErrors(http);

/** The 3scale-compatible API. Register it under /admin/api, with `request.provider` set. */
export const accountManagementApi =
  (needs: AccountManagementApiNeeds): FastifyPluginAsync =>
  async (http) => {
    addBodyParsers(http);
    handleErrors(http);
    const passwordGuesses = createAttemptLimiter(needs, attemptLimits.ownPassword);
    serveOperations(http, operations, { ...needs, passwordGuesses });

    let document: Promise<string> | undefined;
    http.get("/openapi.json", { compress: {} }, async (_request, reply) => {
      document ??= describeAccountManagementApi(needs.version).then((json) => JSON.stringify(json));
      return reply.type("application/json; charset=utf-8").send(await document);
    });
  };
