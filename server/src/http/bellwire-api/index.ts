import { Readable } from "node:stream";
import fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyRequest } from "fastify";
import { createAttemptLimiter } from "#access/index.ts";
import { systemClock } from "#platform/clock.ts";
import { Caches } from "#platform/database/database.ts";
import type { JsonObject } from "#platform/document.ts";
import { attemptLimits } from "#platform/limits.ts";
import { createSelectionQueue } from "#webhooks/jobs/index.ts";
import { ProblemSchema, answerErrorsAsProblems } from "../shared/problem.ts";
import {
  type ApiCall,
  authorize,
  Downloads,
  type OperationGroup,
  type Rendered,
  renderOnce,
  routeUrl,
  sendRendered,
  type Tagged,
  tagOperations,
} from "../shared/operation.ts";
import { schemaController } from "../shared/server-hooks.ts";
import { alertOperations } from "./alerts.ts";
import { attemptListOperations } from "./attempts.ts";
import { binRequestOperations } from "./bin-requests.ts";
import { binOperations } from "./bins.ts";
import { bulkAccounts, bulkApplications, matchingAccounts, matchingApplications } from "./bulk.ts";
import { deliveryOperations } from "./deliveries.ts";
import {
  accountOperations,
  applicationOperations,
  authenticationProviderOperations,
  planRequestOperations,
  userOperations,
} from "./developers.ts";
import { endpointOperations } from "./endpoints.ts";
import { eventOperations, eventTypeOperations } from "./events.ts";
import { failureGroupOperations, failureOperations } from "./failures.ts";
import { createCursorSeal } from "./fields.ts";
import {
  acceptJson,
  type BellwireApiNeeds,
  compileValidator,
  hijacked,
  type Operation,
  type OperationNeeds,
  refuseUnknownNames,
  Reply,
} from "./operation.ts";
import { historyOperations } from "./history.ts";
import { healthOperations, statsOperations } from "./stats.ts";
import { jobOperations } from "./jobs.ts";
import { messageOperations } from "./messages.ts";
import {
  auditRecordOperations,
  limitOperations,
  mailOperations,
  noticeOperations,
  sessionOperations,
} from "./records.ts";
import { describeBellwireApi } from "./open-api.ts";
import { personalDataOperations } from "./personal-data.ts";
import { replayOperations } from "./replays.ts";
import { searchBoxOperations, viewOperations } from "./searches.ts";
import { createStreams } from "./stream.ts";

/** In the order of the documentation. */
const groups: readonly OperationGroup<Operation>[] = [
  {
    tag: "Endpoints",
    description: "Destinations of events, and their delivery settings.",
    operations: endpointOperations,
  },
  { tag: "Event types", description: "The catalogue of event types.", operations: eventTypeOperations },
  { tag: "Events", description: "Recorded events.", operations: eventOperations },
  {
    tag: "Deliveries",
    description: "One event for one endpoint, with each attempt.",
    operations: [...deliveryOperations, ...attemptListOperations],
  },
  { tag: "Search", description: "Objects that a text refers to.", operations: searchBoxOperations },
  { tag: "Views", description: "Named filters of lists.", operations: viewOperations },
  {
    tag: "Failures",
    description: "Deliveries without attempts left.",
    operations: [...failureOperations, ...failureGroupOperations],
  },
  {
    tag: "Statistics",
    description: "Metrics over time, and the health of endpoints.",
    operations: [...statsOperations, ...healthOperations],
  },
  {
    tag: "Replays",
    description: "Jobs that resend the events of a time range to one endpoint.",
    operations: replayOperations,
  },
  { tag: "Jobs", description: "Work on selected rows in the background.", operations: jobOperations },
  { tag: "Alerts", description: "Problems of endpoints, and the rules that detect them.", operations: alertOperations },
  {
    tag: "Bins",
    description: "Built-in receivers that show the requests they received.",
    operations: [...binOperations, ...binRequestOperations],
  },
  {
    tag: "Developers",
    description: "What the Account Management API cannot do with accounts, users, applications and identity providers.",
    operations: [
      ...accountOperations,
      matchingAccounts,
      bulkAccounts,
      ...userOperations,
      ...planRequestOperations,
      ...applicationOperations,
      matchingApplications,
      bulkApplications,
      ...authenticationProviderOperations,
    ],
  },
  { tag: "History", description: "Changes of an account, a user or an application.", operations: historyOperations },
  {
    tag: "Limits",
    description: "The maximum numbers of objects.",
    operations: [...limitOperations, ...noticeOperations],
  },
  { tag: "Messages", description: "Messages between you and your accounts.", operations: messageOperations },
  { tag: "Mails", description: "Mails to developers.", operations: mailOperations },
  { tag: "Audit log", description: "Actions of the provider's users and tokens.", operations: auditRecordOperations },
  {
    tag: "Sessions",
    description: "Browsers in which the caller is signed in to the Admin Portal.",
    operations: sessionOperations,
  },
  {
    tag: "Personal data",
    description: "Erasure and export of the data of an account or a user.",
    operations: personalDataOperations,
  },
];

/** Its operation is created with the server that it ends with. */
const streamGroup = { tag: "Stream", description: "Events and deliveries in real time." };

/** Serves the Bellwire API. Register it under /api/v1, below the hook that finds the provider. */
export const bellwireApiPlugin =
  (dependencies: BellwireApiNeeds): FastifyPluginAsync =>
  async (http) => {
    answerErrorsAsProblems(http);
    acceptJson(http);
    addOperations(http, dependencies);

    let document: Promise<string> | undefined;
    http.get("/openapi.json", { compress: {} }, async (_request, reply) => {
      document ??= bellwireApiDocument(dependencies.version).then((json) => JSON.stringify(json));
      return reply.type("application/json; charset=utf-8").send(await document);
    });
  };

function addOperations(http: FastifyInstance, dependencies: BellwireApiNeeds): void {
  http.setValidatorCompiler(compileValidator);
  const needs = {
    ...dependencies,
    cursors: createCursorSeal(dependencies.encryption),
    sentLinks: createAttemptLimiter(dependencies, attemptLimits.requestedLinksOfPerson),
    selections: createSelectionQueue(),
  };
  const streams = createStreams({ ...needs, onError: (err) => http.log.warn({ err }, "stream is behind") });
  http.addHook("preClose", async () => streams.close());
  const all = tagOperations([...groups, { ...streamGroup, operations: [streams.operation] }]);
  refuseMethodsOfOthers(http, all);
  for (const operation of all) addRoute(http, operation, needs);
}

/**
 * Answers 405 where a path without parameters is served with a method of another path, which has a parameter in its place: no
 * endpoint called `health` can be deleted.
 */
function refuseMethodsOfOthers(http: FastifyInstance, all: readonly Operation[]): void {
  const fixed = new Set(all.map(({ path }) => path).filter((path) => !path.includes("{")));
  http.addHook("onRequest", async (request, reply) => {
    const { url = "" } = request.routeOptions;
    const [path = ""] = request.url.split("?", 1);
    const prefix = http.prefix;
    return url.includes(":") && fixed.has(path.slice(prefix.length)) ? reply.callNotFound() : undefined;
  });
}

function addRoute(http: FastifyInstance, operation: Tagged<Operation>, needs: OperationNeeds): void {
  const calls = new WeakMap<FastifyRequest, ApiCall>();
  http.route({
    method: operation.method,
    url: routeUrl(operation.path),
    schema: schemaOf(operation),
    exposeHeadRoute: operation.method === "GET" && !operation.hasNoHead,
    ...(operation.isCompressed && { compress: {} }),
    // Before validation, so that strangers learn nothing about names and values.
    preValidation: async (request) => {
      calls.set(request, await authorize(operation, request, needs));
      refuseUnknownNames(request, operation);
    },
    handler: async (request, reply) => {
      const call = calls.get(request);
      if (!call) throw new Error("The request was not authorized before it was handled.");
      const { params, query, body } = request;
      const rendered = await renderOnce(request, { call, needs }, async (given) =>
        renderResponse(await operation.handle(given, { ...call, params, query, body, request, reply })),
      );
      return rendered ? sendRendered(reply, rendered) : reply;
    },
  });
}

/** Returns undefined if the operation has hijacked its reply. */
function renderResponse(response: unknown): Rendered | undefined {
  if (response === hijacked) return undefined;
  const { status, body, headers } = response instanceof Reply ? response : new Reply(200, response);
  const isRaw = typeof body === "string" || Buffer.isBuffer(body) || body instanceof Readable || body === null;
  const type = body === null ? {} : { "content-type": "application/json; charset=utf-8" };
  return { status, headers: { ...type, ...headers }, body: isRaw ? (body ?? undefined) : JSON.stringify(body) };
}

const conflict = {
  description: "The request conflicts with the current state.",
  content: { "application/problem+json": { schema: ProblemSchema } },
};

const schemaOf = ({ id, tag, title, description, params, query, body, responses, mayConflict }: Tagged<Operation>) => ({
  tags: [tag],
  operationId: id,
  summary: title,
  description,
  ...(params ? { params } : {}),
  ...(query ? { querystring: query } : {}),
  ...(body ? { body } : {}),
  response: { ...responses, ...(mayConflict ? { 409: conflict } : {}) },
});

/** Returns the OpenAPI document. It is the same on every machine and needs no database. */
export async function bellwireApiDocument(version: string): Promise<JsonObject> {
  const http = fastify({ schemaController });
  const described = Promise.withResolvers<() => JsonObject>();
  await http.register(
    async (api) => {
      described.resolve(await describeBellwireApi(api, [...groups, streamGroup], version));
      addOperations(api, inertNeeds(version));
    },
    { prefix: "/api/v1" },
  );
  await http.ready();
  const document = (await described.promise)();
  await http.close();
  return document;
}

/** Registering routes takes the dependencies; describing them uses none. */
const inertNeeds = (version: string): BellwireApiNeeds => ({
  version,
  adminPortalUrl: unused,
  developerPortalUrl: unused,
  secretsOfBin: unused,
  forwarder: { forward: unused },
  isOurs: unused,
  clock: systemClock,
  newId: unused,
  findAdminCaller: unused,
  downloads: new Downloads(),
  retryWaitsSeconds: [],
  pool: { caches: new Caches(), query: unused, inTransaction: unused, inTurn: unused, onHint: () => () => undefined },
  encryption: { encrypt: unused, decrypt: unused, reencrypt: unused, fingerprints: unused, keyIds: [] },
  targets: { allowed: { blocks: [], includes: unused, denies: unused }, lookup: unused, isOwnBin: unused },
  sender: { userAgent: "", resolve: unused, send: unused },
});

function unused(): never {
  throw new Error("Only the description of this API may be used.");
}
