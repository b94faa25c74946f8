import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaCompiler } from "fastify";
import { type Static, type TObject, type TSchema, Type } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { type AdminCaller, type AttemptLimiter, denialReason, loginKey } from "#access/index.ts";
import { isRecord } from "#platform/document.ts";
import type { FairQueue } from "#platform/fair-queue.ts";
import { completeZone } from "#platform/times.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { Bin, BinForwarder } from "#request-bin/index.ts";
import type { Sender } from "#webhooks/attempts/index.ts";
import type { EndpointNeeds, SigningSecret } from "#webhooks/endpoints/index.ts";
import { credentialParameters } from "../shared/admin-caller.ts";
import type { ApiCall, ApiOperation, AuthorizationNeeds } from "../shared/operation.ts";
import { formatWait } from "../shared/sign-in.ts";
import { Problem, brokenRules, type FieldErrors, unknownParameters } from "../shared/problem.ts";
import { decodeUtf8, limitJsonValues, refuseCompressedBodies, requireUtf8Query } from "../shared/forms.ts";
import type { CursorSeal } from "./fields.ts";

export interface BellwireApiNeeds extends EndpointNeeds, AuthorizationNeeds {
  readonly newId: () => string;
  /** Sends pings: the sender that engines use, or one with the same target guard. */
  readonly sender: Sender;
  /** The public base URLs of a provider's two hosts, without a trailing slash. The Admin Portal's host serves this API. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  /** Returns the secrets of the endpoints that point to the bin. */
  readonly secretsOfBin: (bin: Pick<Bin, "providerId" | "id">) => Promise<readonly SigningSecret[]>;
  /** Forwards requests of bins on demand. */
  readonly forwarder: Pick<BinForwarder, "forward">;
  /** Returns whether a URL leads to this installation. */
  readonly isOurs: (url: URL) => boolean;
  readonly version: string;
}

export interface OperationNeeds extends BellwireApiNeeds {
  readonly cursors: CursorSeal;
  /** Keeps the team, a stolen token and a program in a loop from flooding the mailbox of a person. */
  readonly sentLinks: AttemptLimiter;
  /** Selects the rows of jobs. Providers take turns. */
  readonly selections: FairQueue;
}

/** One request to an operation, authorized and validated. */
export interface Call<Params = unknown, Query = unknown, Body = unknown> extends ApiCall {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Callers who may change endpoints and bins also see their secrets, and those of the requests of bins. */
export const mayChangeWebhooks = (caller: AdminCaller, provider: Provider): boolean =>
  denialReason(caller, "change-webhooks", provider) === undefined;

/** A response other than a plain 200. */
export class Reply<Status extends number = number, Body = unknown> {
  readonly status: Status;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: Status, body: Body, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export const noContent = new Reply(204, null);

/** Returned by an operation that has hijacked its reply. */
export const hijacked = new Reply(200, undefined);

/** Builds a 201 with the new resource's location. `path` is below /api/v1. */
export const created = <Body>(path: string, body: Body): Reply<201, Body> =>
  new Reply(201, body, { location: `/api/v1${path}` });

/** The query of downloads. */
export const downloadQuery = {
  byte_order_mark: Type.Optional(
    Type.Boolean({
      default: false,
      description: "Begins a CSV file with U+FEFF, without which Excel reads UTF-8 as another encoding.",
    }),
  ),
};

interface Download {
  readonly name: string;
  readonly type: "text/csv" | "application/x-ndjson" | "application/json";
  readonly parts: AsyncIterable<string | Buffer>;
  readonly query?: { readonly byte_order_mark?: boolean };
}

/** Builds the response of a file, whose parts are read as fast as the client takes them in. */
export const download = (
  { streamBody }: Pick<ApiCall, "streamBody">,
  { name, type, parts, query }: Download,
): Reply<200> =>
  new Reply(200, streamBody(query?.byte_order_mark && type === "text/csv" ? markByteOrder(parts) : parts), {
    "content-type": `${type}; charset=utf-8`,
    "content-disposition": `attachment; filename="${name}"`,
    "x-content-type-options": "nosniff",
  });

async function* markByteOrder(parts: Download["parts"]): AsyncGenerator<string | Buffer, void> {
  yield "\uFEFF";
  yield* parts;
}

/** A schema, or the media types of a response that is not JSON. */
type ResponseSchema = TSchema | { readonly description: string; readonly content: object };
type ResponseSchemas = Readonly<Partial<Record<200 | 201 | 204, ResponseSchema>>>;

type BodyOf<Schema> = Schema extends TSchema ? Static<Schema> : unknown;
type ResponseOf<Responses extends ResponseSchemas> =
  | (Responses[200] extends TSchema ? Static<Responses[200]> : never)
  | { [Status in keyof Responses & number]: Reply<Status, BodyOf<Responses[Status]>> }[keyof Responses & number];

/** The handler returns the body of a 200, or a Reply. */
export interface Operation extends ApiOperation<OperationNeeds, Call, unknown> {
  /** The OpenAPI operation id. Examples are listed by it. */
  readonly id: string;
  readonly params?: TObject;
  readonly responses: ResponseSchemas;
  /** Documents a 409 of a GET. The other refusals follow from the method, the path and the schemas. */
  readonly mayConflict?: true;
  /** A HEAD request to a stream would never end, so streams have none. */
  readonly hasNoHead?: true;
  /**
   * Compresses large responses. Only for responses without a secret: next to text that a developer chooses, the size of a
   * compressed response reveals the secret (BREACH).
   */
  readonly isCompressed?: true;
}

interface TypedOperation<
  Params extends TObject,
  Query extends TObject,
  Body extends TObject,
  Responses extends ResponseSchemas,
> extends Operation {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly responses: Responses;
  handle(
    needs: OperationNeeds,
    call: Call<Static<Params>, Static<Query>, Static<Body>>,
  ): Promise<ResponseOf<Responses>>;
}

/** Checks an operation's handler against its schemas. */
export const operation = <
  const Responses extends ResponseSchemas,
  Params extends TObject = TObject<{}>,
  Query extends TObject = TObject<{}>,
  Body extends TObject = TObject<{}>,
>(
  definition: TypedOperation<Params, Query, Body, Responses>,
): Operation => definition;

export const noContentResponse = { 204: Type.Null({ description: "Done." }) };

export function requireFound<Found>(found: Found | undefined): Found {
  if (found === undefined) throw new Problem("not-found");
  return found;
}

/** Throws a Problem with the field errors of a change that was refused. */
export function requireAccepted<Result extends object>(
  outcome: Result | { readonly refused: FieldErrors },
): asserts outcome is Exclude<Result, { readonly refused: FieldErrors }> {
  if ("refused" in outcome) throw new Problem("invalid", { errors: outcome.refused });
}

/** The result of a use case: a refusal, or any other object. */
export type Outcome =
  | { readonly refused: FieldErrors }
  | { readonly notFound: string }
  | { readonly notAllowed: string }
  | object;

/** Throws the Problem that a refusal amounts to. An undefined outcome means that the object does not exist. */
export function requireDone(outcome: Outcome | undefined): void {
  if (!outcome) throw new Problem("not-found");
  if ("notFound" in outcome) {
    if (outcome.notFound !== "plan") throw new Problem("not-found");
    throw new Problem("invalid", { errors: { plan_id: ["is no plan for this one"] } });
  }
  if ("notAllowed" in outcome)
    throw new Problem("invalid", { errors: { base: [`Not possible here: ${outcome.notAllowed}`] } });
  requireAccepted(outcome);
}

/**
 * Counts a mail with a link to an address, if there is one. Throws once it has got as many as it may. The links that people request
 * themselves have another key, or a stranger could keep the team from sending one.
 */
export async function countSentLink(
  { sentLinks }: Pick<OperationNeeds, "sentLinks">,
  { id: providerId }: Pick<Provider, "id">,
  email: string | null | undefined,
): Promise<void> {
  if (!email) return;
  const retryAfterSeconds = await sentLinks.secondsToWait(`team ${providerId} ${loginKey(email)}`);
  if (retryAfterSeconds === 0) return;
  const detail = `There were too many emails to this address. Please try again ${formatWait(retryAfterSeconds)}.`;
  throw new Problem("too-many-requests", { detail, retryAfterSeconds });
}

/**
 * Parses JSON as Fastify does, but refuses bytes that are not UTF-8 instead of storing a replacement character. An empty body
 * counts as no body, because many clients send a Content-Type without one.
 */
export function acceptJson(http: FastifyInstance): void {
  refuseCompressedBodies(http);
  http.removeContentTypeParser("text/plain"); // Fastify accepts it by default, and no operation takes it
  const parse = http.getDefaultJsonParser("error", "error");
  http.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => {
      const text = decodeUtf8(body);
      if (text.trim() === "") return {};
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      void parse(request, text, (error, value) => (error ? reject(error) : resolve(value)));
      const json = await promise;
      limitJsonValues(json);
      return json;
    },
  );
  http.addHook("preValidation", async (request) => {
    if (request.routeOptions.schema?.body !== undefined && request.body === undefined) request.body = {};
  });
}

/**
 * Refuses query parameters and body fields that the operation does not name. A misspelled filter would otherwise widen the
 * request: `POST /failures/retry?endpont_id=7` would retry every failure.
 */
export function refuseUnknownNames(request: FastifyRequest, { query, body }: Operation): void {
  requireUtf8Query(request);
  const names = Object.keys(query?.properties ?? {});
  const accepted = new Set([...names, ...credentialParameters]);
  const unknown = Object.keys(fieldsOf(request.query)).filter((name) => !accepted.has(name));
  if (unknown.length > 0) throw unknownParameters(unknown, names);
  if (!body) requireNoBody(request); // the body schemas refuse additional properties themselves
}

function requireNoBody({ body }: FastifyRequest): void {
  if (body === undefined) return;
  if (!isRecord(body)) throw new Problem("invalid", { errors: { base: ["must be object"] } });
  const unknown = Object.keys(body);
  if (unknown.length > 0)
    throw new Problem("invalid", { errors: Object.fromEntries(unknown.map((name) => [name, ["is not known"]])) });
}

/**
 * Validates a part of a request, for Fastify's `setValidatorCompiler`. Paths and queries are texts: a number is parsed if it is
 * written as in JSON. TypeBox's own conversion reads `1.5`, `1n` and `true` as 1, and would change the wrong row.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  let compiled: Validator | undefined;
  return (input) => {
    const validator = (compiled ??= Compile(schema)); // all of them would take a third of the time of a start
    const value = httpPart === "body" ? input : parseTexts(input, schema);
    return validator.Check(value) ? { value } : { error: brokenRules(validator, value) };
  };
};

function parseTexts(input: unknown, schema: TSchema): unknown {
  if (!isRecord(input)) return input;
  const properties = "properties" in schema ? fieldsOf(schema.properties) : {};
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      Object.hasOwn(properties, name) ? parseText(value, properties[name]) : value,
    ]),
  );
}

/** Leaves a value that it cannot parse as it is, so that the schema refuses it. */
function parseText(value: unknown, schema: unknown): unknown {
  const { type, items, format } = fieldsOf(schema);
  if (type === "array") return [value].flat().map((item) => parseText(item, items)); // a parameter given once is a list of one
  if (typeof value !== "string") return value;
  if (type === "integer") return /^(0|-?[1-9]\d{0,15})$/.test(value) ? Number(value) : value;
  if (type === "boolean") return booleans.get(value) ?? value;
  return format === "date-time" ? completeZone(value) : value;
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});
