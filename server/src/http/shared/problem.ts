import { Type } from "typebox";

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
  "body-too-large": { status: 413, title: "The body of the request is too large." },
  "media-type-unsupported": { status: 415, title: "The Content-Type of the request is not supported." },
  invalid: { status: 422, title: "Some values are invalid." },
  "not-subscribable": { status: 422, title: "You cannot subscribe to that service." },
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
    title: "Too many password checks are running. Nothing was changed. Try again after the seconds in Retry-After.",
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
