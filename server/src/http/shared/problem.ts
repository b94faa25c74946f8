import type { FastifyInstance, FastifyReply } from "fastify";
import { Type, type TSchema } from "typebox";
import type { Validator } from "typebox/compile";
import { AttemptLimitReached, DeveloperLimitReached, LimitReached } from "#access/index.ts";
import { classifyDatabaseError, type DatabaseErrorClass, providerMovingCode } from "#platform/database/connection.ts";
import { QueueFull } from "#platform/fair-queue.ts";

/**
 * Every error that the two APIs return. docs/reference/errors.md is generated from this list.
 * A code never changes its meaning and is never reused.
 */
export const problems = {
  "request-unreadable": { status: 400, title: "The request cannot be read: its body does not match its Content-Type." },
  "parameter-unknown": { status: 400, title: "A parameter is unknown. `errors` names it." },
  "parameter-missing": { status: 400, title: "A required parameter is missing." },
  "parameter-type-wrong": { status: 422, title: "A parameter with nested parameters is not an object." },
  "time-invalid": { status: 400, title: "The time is not a valid ISO 8601 time." },
  "idempotency-key-invalid": {
    status: 400,
    title: "The Idempotency-Key header must be 1 to 255 printable ASCII characters, such as a UUID.",
  },
  "credentials-missing": {
    status: 401,
    title: "Send an access token or a provider key, or sign in to the Admin Portal.",
  },
  "credentials-wrong": { status: 401, title: "The credentials are unknown or have expired." },
  "wrong-host": { status: 403, title: "This host does not serve the APIs. Use the Admin Portal's host." },
  "csrf-token-wrong": {
    status: 403,
    title: "The x-csrf-token header does not belong to this session. Reload the page.",
  },
  "provider-suspended": { status: 403, title: "This provider is suspended." },
  "permission-missing": { status: 403, title: "Your access token does not have the correct permissions." },
  "role-missing": { status: 403, title: "Your role does not allow this." },
  "services-narrowed": {
    status: 403,
    title: "Your access is limited to some services, and this requires access to all services.",
  },
  "not-deletable": { status: 403, title: "This cannot be deleted in its current state." },
  "webhooks-denied": { status: 403, title: "This provider's plan does not include webhooks." },
  "host-unknown": { status: 404, title: "No provider is served under this host." },
  "not-found": { status: 404, title: "Not found." },
  "method-unknown": {
    status: 405,
    title: "This path does not support the method. `Allow` lists the supported methods.",
  },
  "format-unknown": { status: 406, title: "This format is not supported." },
  "request-timeout": { status: 408, title: "The request did not arrive in time. Send it again." },
  conflict: { status: 409, title: "Another object already has this name or value." },
  "no-longer-matching": { status: 409, title: "This no longer matches the filter, so it was not changed." },
  "idempotency-key-in-use": {
    status: 409,
    title: "A request with this idempotency key is being handled. Repeat it after the seconds in Retry-After.",
  },
  "response-lost": {
    status: 409,
    title:
      "This request was made before, and is not made again. Its response was lost: read the object that it changed.",
  },
  "body-too-large": { status: 413, title: "The body of the request is too large." },
  "media-type-unsupported": { status: 415, title: "The Content-Type of the request is not supported." },
  invalid: { status: 422, title: "Some values are invalid." },
  "idempotency-key-reused": {
    status: 422,
    title:
      "This idempotency key belongs to another request. Choose a new one for each request, and keep it to repeat one.",
  },
  "not-subscribable": { status: 422, title: "You cannot subscribe to that service." },
  "service-not-found": { status: 422, title: "Service not found" },
  "limit-reached": {
    status: 422,
    title: "The limit for this kind of object is reached. Delete unused ones, or ask the operator for a higher limit.",
  },
  "headers-too-large": { status: 431, title: "The request line and headers are larger than 16 KiB." },
  "too-many-changes": {
    status: 429,
    title:
      "This account was changed too often within a minute (limits changes-per-account-and-minute and recorded-bytes-per-account-and-minute). Nothing was changed. Try again after the seconds in Retry-After.",
  },
  "too-many-requests": { status: 429, title: "Too many requests. Try again after the seconds in Retry-After." },
  "too-many-streams": {
    status: 429,
    title: "This provider has too many open event streams or downloads. Close some, or wait a minute.",
  },
  "too-many-bad-credentials": { status: 429, title: "Too many wrong credentials from this address. Wait a minute." },
  "too-busy": {
    status: 503,
    title:
      "Too many password checks, validations or selections are running. Nothing was changed. Try again after the seconds in Retry-After.",
  },
  "bins-busy": { status: 503, title: "The request bins are at their capacity. The request was not stored. Try again." },
  "provider-moving": {
    status: 503,
    title: "This provider is being moved. Nothing was changed. Try again after the seconds in Retry-After.",
  },
  "database-away": {
    status: 503,
    title: "The database does not respond. Check whether your change was saved before you repeat it.",
  },
  "database-full": {
    status: 503,
    title: "The database is full, so nothing can be changed at the moment. Stored data is not lost.",
  },
  internal: { status: 500, title: "An internal error occurred. Report the request id to the operator." },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof problems;

/** Messages by field. A message continues a sentence that starts with the field's name ("can't be blank"). */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

interface ProblemOptions extends ErrorOptions {
  /** Replaces the catalogue's sentence with a more exact one. */
  readonly detail?: string;
  readonly errors?: FieldErrors;
  readonly retryAfterSeconds?: number;
}

/** Thrown to refuse a request. `cause` is logged and never sent. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: FieldErrors | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, { detail, errors, retryAfterSeconds, ...options }: ProblemOptions = {}) {
    super(detail ?? problems[code].title, options);
    this.code = code;
    this.status = problems[code].status;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Returns the problem of unknown parameters, with the known ones. */
export function unknownParameters(names: readonly string[], known: readonly string[]): Problem {
  const message = known.length > 0 ? `is unknown. Known parameters: ${known.join(", ")}` : "is unknown: there are none";
  return new Problem("parameter-unknown", {
    detail: `Unknown parameters: ${names.join(", ")}.`,
    errors: Object.fromEntries(names.map((name) => [name, [message]])),
  });
}

/** Represents a problem as `application/problem+json` (RFC 9457). */
export const representProblem = (problem: Problem, requestId: string) => ({
  type: `urn:bellwire:problem:${problem.code}`,
  title: problem.message,
  status: problem.status,
  code: problem.code,
  request_id: requestId,
  errors: problem.errors,
});

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: "A name for this kind of problem." }),
    title: Type.String({ description: "What is wrong, as a sentence." }),
    status: Type.Integer(),
    code: Type.String({ description: "Stable, for programs. All codes are listed in docs/reference/errors.md." }),
    request_id: Type.String({ description: "Finds this request in the operator's log." }),
    errors: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String()), { description: "What is wrong, by field or parameter." }),
    ),
  },
  { title: "Problem" },
);

interface BrokenRule {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

interface ThrownByFastify {
  readonly code?: unknown;
  /** The table and the detail of a PostgreSQL error. */
  readonly table?: unknown;
  readonly detail?: unknown;
  readonly statusCode?: unknown;
  readonly validation?: readonly BrokenRule[];
  /** The part of the request that failed validation. */
  readonly validationContext?: string;
}

/** PostgreSQL errors that are caused by the caller's input. */
const codeOfSqlState: Readonly<Record<string, ProblemCode>> = {
  "23505": "conflict", // unique_violation
  "23503": "not-found", // foreign_key_violation: the parent was deleted concurrently
  "22021": "request-unreadable", // a zero byte in a text
  "22P05": "request-unreadable", // a zero byte in JSON
};

/** How a change beyond the limit fails: portal/accounts/account-events.ts. */
const [changeCounters, notNullViolation] = ["change_counters", "23502"];

/** A restart takes seconds, freeing disk space or granting a right takes an operator. */
const answerOfClass: Readonly<Record<DatabaseErrorClass, DatabaseAnswer>> = {
  away: { code: "database-away", retryAfterSeconds: 5 },
  full: { code: "database-full", retryAfterSeconds: 60 },
  refused: {
    code: "database-away",
    retryAfterSeconds: 60,
    detail: "The database refuses this at the moment. Check whether your change was saved before you repeat it.",
  },
};

interface DatabaseAnswer {
  readonly code: ProblemCode;
  readonly retryAfterSeconds: number;
  /** Replaces the sentence of the code. */
  readonly detail?: string;
}

const codeOfStatus: Readonly<Record<number, ProblemCode>> = {
  400: "request-unreadable",
  404: "not-found",
  406: "format-unknown",
  413: "body-too-large",
  415: "media-type-unsupported",
};

/** Returns the problem for a thrown error. An unexpected error becomes `internal`, with the error as its cause. */
export function problemOfError(error: Error & ThrownByFastify): Problem {
  if (error instanceof Problem) return error;
  if (isOfLeavingClient(error)) return new Problem("request-unreadable", { cause: error });
  // A malformed id belongs to no object.
  if (error.validationContext === "params") return new Problem("not-found", { cause: error });
  if (error.validation) {
    // A query names no parameter `state.0`.
    const depth = error.validationContext === "querystring" ? 1 : Infinity;
    return new Problem("invalid", { errors: errorsByField(error.validation, depth), cause: error });
  }
  if (error instanceof LimitReached) {
    return new Problem("limit-reached", { detail: error.message, errors: { base: [error.message] }, cause: error });
  }
  if (error instanceof DeveloperLimitReached || error instanceof AttemptLimitReached) {
    return new Problem("too-many-requests", { retryAfterSeconds: error.secondsLeft, cause: error });
  }
  if (error.table === changeCounters && error.code === notNullViolation) {
    return new Problem("too-many-changes", { retryAfterSeconds: 60, cause: error });
  }
  if (error instanceof QueueFull) {
    return new Problem("too-busy", { retryAfterSeconds: error.retryAfterSeconds, cause: error });
  }
  if (error.code === providerMovingCode) return new Problem("provider-moving", { retryAfterSeconds: 1, cause: error });
  const databaseFailure = classifyDatabaseError(error);
  if (databaseFailure) {
    const { code, ...answer } = answerOfClass[databaseFailure];
    return new Problem(code, { ...answer, cause: error });
  }
  const code = codeOfStatus[Number(error.statusCode)] ?? codeOfSqlState[String(error.code)];
  const errors = code === "conflict" ? takenField(error.detail) : undefined;
  const hasZeroByte = error.code === "22021" || error.code === "22P05";
  return new Problem(code ?? "internal", {
    ...(errors && { errors }),
    ...(hasZeroByte && { detail: "A text of the request contains a zero byte." }),
    cause: error,
  });
}

/** Returns the error of the field that is last in a violated unique key: `Key (provider_id, lower(name))=(1, crm) already exists.` */
function takenField(detail: unknown): FieldErrors | undefined {
  const [, field] = /^Key \([^=]*?(\w+)(?:::\w+)?\)+=/.exec(String(detail)) ?? [];
  return field === undefined ? undefined : { [field]: ["has already been taken"] };
}

/** Returns true if the client closed its connection within the body. Node.js uses the code of network errors, and this text. */
const isOfLeavingClient = ({ message, code }: Error & ThrownByFastify): boolean =>
  code === "ECONNRESET" && message === "aborted";

function errorsByField(broken: readonly BrokenRule[], depth: number): FieldErrors {
  const messages = Map.groupBy(
    broken.flatMap((rule) => messagesOf(rule, depth)),
    ([field]) => field,
  );
  return Object.fromEntries(
    [...messages].map(([field, entries]) => {
      const sentences = new Set(entries.map(([, sentence]) => sentence));
      return [field, withoutUnions([...sentences])] as const;
    }),
  );
}

const [isNull, isNone] = ["must be null", "must match a schema in anyOf"];

/** Removes the surplus messages of a nullable field: one per variant, and one that no variant matches. */
function withoutUnions(sentences: readonly string[]): readonly string[] {
  if (!sentences.includes(isNone)) return sentences;
  const others = sentences.filter((sentence) => sentence !== isNone && sentence !== isNull);
  return sentences.includes(isNull) ? others.map((sentence) => `${sentence}, or null`) : others;
}

const sentenceOfFormat: Readonly<Record<string, string>> = {
  "date-time": "must be a time with a zone, such as 2026-03-01T09:00:00Z",
  uuid: "must be a UUID",
};

/** Returns the fields and messages of one failed TypeBox rule. Names fields down to a depth. */
function messagesOf(
  { keyword, instancePath, params, message = "is invalid" }: BrokenRule,
  depth: number,
): (readonly [string, string])[] {
  const path = instancePath.split("/").slice(1, 1 + depth);
  const field = path.join(".") || "base";
  const { requiredProperties, allowedValues, limit } = params;
  if (Array.isArray(requiredProperties)) {
    return requiredProperties.map((name) => [[...path, String(name)].join("."), "is required"]);
  }
  // TypeBox reports an unknown property twice: for itself ("boolean") and for its object.
  if (keyword === "additionalProperties") return [];
  if (keyword === "boolean") return [[field, "is not known"]];
  if (keyword === "minLength" && limit === 1) return [[field, "can't be blank"]];
  if (keyword === "format") return [[field, sentenceOfFormat[String(params["format"])] ?? message]];
  return [[field, Array.isArray(allowedValues) ? `must be one of ${allowedValues.join(", ")}` : message]];
}

/**
 * Answers every error below `http` as `application/problem+json` (RFC 9457), unknown paths and methods included. Call it before
 * routes are added.
 */
export function answerErrorsAsProblems(http: FastifyInstance): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const found = problemOfError(error);
    const problem = found.code === "host-unknown" ? new Problem("wrong-host", { cause: found }) : found;
    if (problem.status >= 500 && problem.code !== "too-busy") request.log.error({ err: error }, "request failed");
    return sendProblem(reply, problem);
  });
  // No route serves QUERY. Without a body it reaches the 405 below; with one, Fastify would refuse its Content-Type first.
  http.addHttpMethod("QUERY", { hasBody: false, overrideExisting: true });
  const methodsOf = recordMethods(http);
  http.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url);
    if (methods.length === 0) return sendProblem(reply, new Problem("not-found"));
    reply.header("allow", methods.join(", "));
    return request.method === "OPTIONS" ? reply.code(204).send() : sendProblem(reply, new Problem("method-unknown"));
  });
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  return reply
    .code(problem.status)
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(representProblem(problem, reply.request.id));
}

/** Records the routes that are added below `http` from now on. Returns a function that lists the methods of a URL's path. */
function recordMethods(http: FastifyInstance): (url: string) => readonly string[] {
  const routes: { readonly parts: readonly string[]; readonly methods: readonly string[] }[] = [];
  http.addHook("onRoute", ({ url, method }) => {
    routes.push({ parts: url.split("/"), methods: [method].flat() });
  });
  return (url) => {
    const [path = ""] = url.split("?", 1);
    const parts = path.split("/");
    const matching = routes.filter((route) => isPathOf(route.parts, parts));
    const exact = matching.filter((route) => route.parts.every((part) => !part.startsWith(":")));
    const methods = (exact.length > 0 ? exact : matching).flatMap((route) => route.methods);
    return [...new Set(methods)].toSorted();
  };
}

const isPathOf = (route: readonly string[], parts: readonly string[]): boolean =>
  route.length === parts.length &&
  route.every((part, at) => (part.startsWith(":") ? parts[at] !== "" : part === parts[at]));

/** Returns the rules that a value breaks. The message of a pattern is the description of the field, instead of a regular expression. */
export const brokenRules = (validator: Validator, value: unknown) =>
  validator.Errors(value).map((rule) => ({ ...rule, message: messageOf(rule, validator.Type()) }));

interface FailedRule {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly message: string;
}

function messageOf({ keyword, schemaPath, message }: FailedRule, schema: TSchema): string {
  const description = keyword === "pattern" ? descriptionAt(schema, schemaPath.split("/").slice(1)) : undefined;
  return description === undefined ? message : `is not valid. ${description}`;
}

/** Returns the description of the schema at a path, or that of the list of which it describes the items. */
function descriptionAt(schema: unknown, path: readonly string[]): string | undefined {
  let [current, description]: [unknown, string | undefined] = [schema, undefined];
  for (const [index, step] of path.entries()) {
    current = valueAt(current, step);
    const own = valueAt(current, "description");
    if (path[index - 1] === "properties") description = undefined;
    if (typeof own === "string") description = own;
  }
  return description;
}

/** Returns the value of a property or of a place in a list. */
const valueAt = (parent: unknown, name: string): unknown =>
  new Map<string, unknown>(Object.entries(parent ?? {})).get(name);
