import fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import type { AdminCaller } from "#access/index.ts";
import { systemClock } from "#platform/clock.ts";
import type { JsonObject } from "#platform/open-api.ts";
import { ProblemSchema } from "../shared/problem.ts";
import { requirePermission } from "../shared/admin-caller.ts";
import { answerErrorsAsProblems } from "../shared/error-answers.ts";
import { auditRecordOperations } from "./audit-records.ts";
import { binOperations } from "./bins.ts";
import { bulkAccounts, bulkApplications } from "./bulk.ts";
import { deliveryOperations } from "./deliveries.ts";
import { accountOperations, applicationOperations, planRequestOperations, userOperations } from "./developers.ts";
import { endpointOperations } from "./endpoints.ts";
import { eventTypeOperations } from "./event-types.ts";
import { eventOperations } from "./events.ts";
import { failureOperations } from "./failures.ts";
import { createCursorSeal } from "./fields.ts";
import { acceptJson, compileValidator, refuseUnknownNames } from "./input.ts";
import { limitOperations } from "./limits.ts";
import { mailOperations } from "./mails.ts";
import { describeBellwireApi } from "./open-api.ts";
import { hijacked, Reply, type BellwireApiNeeds, type Operation, type OperationNeeds } from "./operation.ts";
import { replayOperations } from "./replays.ts";
import { createStreams } from "./stream.ts";

export type { BellwireApiNeeds } from "./operation.ts";

/** In the order of the documentation. */
const operations: readonly Operation[] = [
  ...endpointOperations,
  ...eventTypeOperations,
  ...eventOperations,
  ...deliveryOperations,
  ...failureOperations,
  ...replayOperations,
  ...binOperations,
  ...accountOperations,
  bulkAccounts,
  ...userOperations,
  ...planRequestOperations,
  ...applicationOperations,
  bulkApplications,
  ...limitOperations,
  ...mailOperations,
  ...auditRecordOperations,
];

/** Serves the Bellwire API. Register it under /api/v1, below the hook that finds the provider. */
export const bellwireApiPlugin =
  (dependencies: BellwireApiNeeds): FastifyPluginAsync =>
  async (http) => {
    http.setValidatorCompiler(compileValidator);
    answerErrorsAsProblems(http);
    acceptJson(http);
    const describe = await describeBellwireApi(http, dependencies.version);

    const needs = { ...dependencies, cursors: createCursorSeal(dependencies.encryption) };
    const streams = createStreams({ ...needs, onError: (err) => http.log.warn({ err }, "stream is behind") });
    http.addHook("preClose", async () => streams.close());
    for (const operation of [...operations, streams.operation]) addRoute(http, operation, needs);

    http.get("/openapi.json", { schema: { hide: true } }, async () => describe());
  };

function addRoute(http: FastifyInstance, operation: Operation, needs: OperationNeeds): void {
  const callers = new WeakMap<FastifyRequest, AdminCaller>();
  http.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ":$1"),
    schema: schemaOf(operation),
    exposeHeadRoute: operation.method === "GET" && !operation.hasNoHead,
    // Before validation, so that strangers learn nothing about names and values.
    preValidation: async (request) => {
      const caller = await needs.findAdminCaller(request);
      requirePermission(caller, operation.action, request.provider);
      callers.set(request, caller);
      refuseUnknownNames(request, operation);
    },
    handler: async (request, reply) => {
      const caller = callers.get(request);
      if (!caller) throw new Error("The caller was not found before the request was handled.");
      const { provider, params, query, body } = request;
      const by = { actor: caller.actor, channel: caller.channel, reach: caller.reach, now: needs.clock.now() };
      const call = { provider, caller, by, params, query, body, request, reply };
      return send(reply, await operation.answer(needs, call));
    },
  });
}

function send(reply: FastifyReply, answer: unknown): FastifyReply {
  if (answer === hijacked) return reply;
  if (!(answer instanceof Reply)) return reply.send(answer);
  const { status, body, headers } = answer;
  reply.code(status).headers(headers);
  return typeof body === "string" ? reply.serializer(String).send(body) : reply.send(body);
}

const conflict = {
  description: "It does not fit with how things are now.",
  content: { "application/problem+json": { schema: ProblemSchema } },
};

const schemaOf = ({ id, tag, title, description, params, query, body, answers, mayConflict }: Operation) => ({
  tags: [tag],
  operationId: id,
  summary: title,
  description,
  ...(params ? { params } : {}),
  ...(query ? { querystring: query } : {}),
  ...(body ? { body } : {}),
  response: { ...answers, ...(mayConflict ? { 409: conflict } : {}) },
});

/** Returns the OpenAPI document. It is the same on every machine and needs no database. */
export async function bellwireApiDocument(version: string): Promise<JsonObject> {
  const http = fastify();
  await http.register(bellwireApiPlugin(inertNeeds(version)), { prefix: "/api/v1" });
  const answer = await http.inject("/api/v1/openapi.json");
  await http.close();
  return answer.json<JsonObject>();
}

/** Registering routes takes the dependencies; describing them uses none. */
const inertNeeds = (version: string): BellwireApiNeeds => ({
  version,
  adminPortalUrl: unused,
  developerPortalUrl: unused,
  secretsOfBin: unused,
  clock: systemClock,
  newId: unused,
  findAdminCaller: unused,
  retryWaitsSeconds: [],
  pool: { query: unused, inTransaction: unused, onHint: () => () => undefined },
  encryption: { encrypt: unused, decrypt: unused, reencrypt: unused, keyIds: [] },
  targets: { allowed: { blocks: [], includes: unused, denies: unused }, lookup: unused, isOwnBin: unused },
  sender: { send: unused },
});

function unused(): never {
  throw new Error("Only the description of this API may be used.");
}
