import type { FastifyPluginAsync } from "fastify";
import { createAttemptLimiter } from "#access/index.ts";
import { type OperationGroup, tagOperations } from "#http/shared/operation.ts";
import { attemptLimits } from "#platform/limits.ts";
import type { JsonObject } from "#platform/document.ts";
import { createSpecificationValidator } from "#portal/products/index.ts";
import { specificationOperations } from "./api-specifications.ts";
import { accessTokenOperations, notificationPreferenceOperations } from "./personal.ts";
import { accountOperations, signUpOperation } from "./accounts.ts";
import { authenticationProviderOperations } from "./authentication-providers.ts";
import { applicationKeyOperations, referrerFilterOperations } from "./application-keys.ts";
import { applicationOperations } from "./applications.ts";
import { type AccountManagementApiNeeds, addBodyParsers, type Operation, serveOperations } from "./operation.ts";
import { handleErrors } from "./responses.ts";
import { featureOperations, planFeatureOperations } from "./features.ts";
import { fieldsDefinitionOperations, providerOperations, settingsOperations } from "./provider.ts";
import { messageOperations } from "./messages.ts";
import { metricOperations, methodOperations } from "./metrics.ts";
import { buildOpenApiDocument } from "./openapi-document.ts";
import { limitOperations, pricingRuleOperations } from "./plan-terms.ts";
import { accountPlanOperations, applicationPlanOperations, servicePlanOperations } from "./plans.ts";
import { providerUserOperations } from "./provider-users.ts";
import {
  boughtPlanOperations,
  serviceContractOperations,
  serviceSubscriptionOperations,
} from "./service-subscriptions.ts";
import { objectStatusOperation, serviceOperations } from "./services.ts";
import { ssoTokenOperations, userOperations } from "./users.ts";
import { webhookOperations } from "./webhooks.ts";

/** In the order of the OpenAPI document. */
const groups: readonly OperationGroup<Operation>[] = [
  { tag: "Webhooks", description: "The webhook's settings, and its failed deliveries.", operations: webhookOperations },
  {
    tag: "Signup",
    description: "Creates an account with its user, plans and application in one request.",
    operations: [signUpOperation],
  },
  {
    tag: "Accounts",
    description: "The organizations of the developers who use your API.",
    operations: [...accountOperations, ...serviceContractOperations],
  },
  { tag: "Messages", description: "Messages to the developers of an account.", operations: messageOperations },
  {
    tag: "Service subscriptions",
    description: "The services that an account may have applications of, and the plans that it is subscribed on.",
    operations: serviceSubscriptionOperations,
  },
  {
    tag: "Bought plans",
    description: "The service plans and application plans of an account.",
    operations: boughtPlanOperations,
  },
  { tag: "Users", description: "The users of an account.", operations: userOperations },
  {
    tag: "SSO tokens",
    description: "Log-ins of developers whom a site of yours knows.",
    operations: ssoTokenOperations,
  },
  {
    tag: "Applications",
    description: "The API clients of an account, with their credentials.",
    operations: applicationOperations,
  },
  {
    tag: "Application keys",
    description: "The secret keys of an application, and its referrer filters.",
    operations: [...applicationKeyOperations, ...referrerFilterOperations],
  },
  { tag: "Account plans", description: "The plans that accounts are on.", operations: accountPlanOperations },
  {
    tag: "Service plans",
    description: "The plans that accounts are subscribed to services on.",
    operations: servicePlanOperations,
  },
  {
    tag: "Application plans",
    description: "The plans that applications are on.",
    operations: applicationPlanOperations,
  },
  { tag: "Services", description: "Your APIs.", operations: serviceOperations },
  {
    tag: "Object status",
    description: "Whether a deleted object is gone.",
    operations: [objectStatusOperation],
  },
  {
    tag: "Metrics and methods",
    description: "What an API counts. A method is a part of the metric `hits`.",
    operations: [...metricOperations, ...methodOperations],
  },
  {
    tag: "Limits",
    description: "How much of a metric the applications of a plan may use in a period.",
    operations: limitOperations,
  },
  {
    tag: "Pricing rules",
    description: "What the use of a metric costs on an application plan.",
    operations: pricingRuleOperations,
  },
  {
    tag: "Features",
    description: "The texts that plans promise: of account plans, and of a service's plans.",
    operations: featureOperations,
  },
  { tag: "Features of plans", description: "The features that a plan has.", operations: planFeatureOperations },
  {
    tag: "ActiveDocs",
    description: "The API specifications that the Developer Portal shows.",
    operations: specificationOperations,
  },
  {
    tag: "Access tokens",
    description: "The credentials of programs that act as a user.",
    operations: accessTokenOperations,
  },
  {
    tag: "Notification preferences",
    description: "Which notifications you get by email.",
    operations: notificationPreferenceOperations,
  },
  {
    tag: "Fields definitions",
    description: "The fields of accounts, users and applications, with those that you add.",
    operations: fieldsDefinitionOperations,
  },
  { tag: "Settings", description: "The settings of the Developer Portal.", operations: settingsOperations },
  {
    tag: "Authentication providers",
    description: "The identity providers that developers, and your own users, sign in with.",
    operations: authenticationProviderOperations,
  },
  {
    tag: "Provider",
    description: "Your own account and its users.",
    operations: [...providerUserOperations, ...providerOperations],
  },
];

export const operations = tagOperations(groups);

/** Returns the OpenAPI document. It does not depend on the machine or the database. */
export const describeAccountManagementApi = (version: string): Promise<JsonObject> =>
  buildOpenApiDocument(groups, version);

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
    const teamMails = createAttemptLimiter(needs, attemptLimits.mailsOfUsers);
    const validateSpecification = createSpecificationValidator();
    serveOperations(http, operations, { ...needs, passwordGuesses, teamMails, validateSpecification });

    let document: Promise<string> | undefined;
    http.get("/openapi.json", { compress: {} }, async (_request, reply) => {
      document ??= describeAccountManagementApi(needs.version).then((json) => JSON.stringify(json));
      return reply.type("application/json; charset=utf-8").send(await document);
    });
  };
