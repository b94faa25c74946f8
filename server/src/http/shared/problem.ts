import { STATUS_CODES } from "node:http";
import { Type } from "typebox";

/**
 * Every error that a caller of the two APIs can meet. docs/reference/errors.md is made from this list.
 * A code is a promise: it never changes its meaning and is never used again for something else.
 */
export const problems = {
  "request-unreadable": {
    status: 400,
    says: "The request cannot be read: its body is not what its Content-Type says.",
  },
  "parameter-unknown": { status: 400, says: "A parameter is not known here: `errors` names it." },
  "parameter-missing": { status: 400, says: "A required parameter is missing." },
  "parameter-type-wrong": { status: 422, says: "A parameter that holds others is not an object." },
  "time-invalid": { status: 400, says: "The time cannot be understood." },
  "credentials-missing": { status: 401, says: "Give an access token, a provider key, or sign in to the Admin Portal." },
  "credentials-wrong": { status: 401, says: "These credentials are not known here, or have expired." },
  "wrong-host": { status: 403, says: "This host does not serve the APIs: use the Admin Portal's host." },
  "csrf-token-wrong": {
    status: 403,
    says: "The x-csrf-token header does not belong to this session. Reload the page.",
  },
  "provider-suspended": { status: 403, says: "This provider is suspended." },
  "permission-missing": { status: 403, says: "Your access token does not have the correct permissions." },
  "role-missing": { status: 403, says: "Your role does not allow this." },
  "services-narrowed": {
    status: 403,
    says: "You look after some of the services only, and this is for those who look after all.",
  },
  "not-deletable": { status: 403, says: "This cannot be deleted as things are." },
  "webhooks-denied": { status: 403, says: "Webhooks are not part of this provider's plan." },
  "host-unknown": { status: 404, says: "No provider is served under this host." },
  "not-found": { status: 404, says: "There is no such thing here." },
  "method-unknown": { status: 405, says: "This is not done here with this method. `Allow` says which ones there are." },
  "format-unknown": { status: 406, says: "This format is not understood here." },
  "request-timeout": { status: 408, says: "The request did not arrive in time. Send it again." },
  conflict: { status: 409, says: "Something else has this name or value already." },
  "body-too-large": { status: 413, says: "The request's body is too large." },
  "media-type-unsupported": { status: 415, says: "The request's Content-Type is not understood here." },
  invalid: { status: 422, says: "Some values are not acceptable." },
  "not-subscribable": { status: 422, says: "You cannot subscribe to that service." },
  "limit-reached": {
    status: 422,
    says: "There are as many of these as are allowed. Delete some that are not used, or ask the operator for more.",
  },
  "headers-too-large": { status: 431, says: "The request line and headers are larger than 16 KiB." },
  "too-many-changes": {
    status: 429,
    says: "This account was changed too often in this minute (limits changes-per-account-and-minute and recorded-bytes-per-account-and-minute). Nothing was changed. Try again after the seconds in Retry-After.",
  },
  "too-many-requests": {
    status: 429,
    says: "More came here than is taken. Wait for the seconds in Retry-After.",
  },
  "too-many-streams": {
    status: 429,
    says: "This provider has as many open event streams here as it may. Close some, or wait a minute.",
  },
  "too-many-bad-credentials": {
    status: 429,
    says: "Too many wrong credentials came from this address. Wait a minute.",
  },
  "too-busy": {
    status: 503,
    says: "Too many passwords are being checked at the moment, and nothing was changed. Try again after the seconds in Retry-After.",
  },
  "bins-busy": {
    status: 503,
    says: "The request bins receive as much as they can at the moment. Nothing was kept; try again.",
  },
  "database-away": {
    status: 503,
    says: "The database does not answer at the moment. Look whether a change was made before you make it again.",
  },
  "database-full": {
    status: 503,
    says: "The database has no room left, so nothing can be changed at the moment. Nothing that is there is lost.",
  },
  internal: { status: 500, says: "Something went wrong on our side. Tell the operator the request id." },
} as const satisfies Record<string, { readonly status: number; readonly says: string }>;

export type ProblemCode = keyof typeof problems;

/** The name of a field, and what is wrong with its value, as ends of a sentence ("can't be blank"). */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

interface ProblemOptions extends ErrorOptions {
  /** A sentence for the caller that is more exact than the catalogue's. */
  readonly detail?: string;
  readonly errors?: FieldErrors;
  readonly retryAfterSeconds?: number;
}

/** What a door throws to refuse a request. `cause` is for us, and never leaves the log. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: FieldErrors | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, { detail, errors, retryAfterSeconds, ...options }: ProblemOptions = {}) {
    super(detail ?? problems[code].says, options);
    this.code = code;
    this.status = problems[code].status;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Refuses parameters by their names and says which ones there are. */
export function unknownParameters(names: readonly string[], known: readonly string[]): Problem {
  const says =
    known.length > 0 ? `is not known here. Known are ${known.join(", ")}` : "is not known here: there are none";
  return new Problem("parameter-unknown", {
    detail: `A parameter is not known here: ${names.join(", ")}.`,
    errors: Object.fromEntries(names.map((name) => [name, [says]])),
  });
}

/** A problem as `application/problem+json` (RFC 9457). */
export const representProblem = (problem: Problem, requestId: string) => ({
  type: `urn:bellwire:problem:${problem.code}`,
  title: problem.message,
  status: problem.status,
  code: problem.code,
  request_id: requestId,
  errors: problem.errors,
});

/** What an `application/problem+json` answer holds, for the routes' OpenAPI. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: "A name for this kind of problem." }),
    title: Type.String({ description: "What is wrong, as a sentence." }),
    status: Type.Integer(),
    code: Type.String({ description: "Stable, for programs. All codes are listed in docs/reference/errors.md." }),
    request_id: Type.String({ description: "Finds this request in the operator's log." }),
    errors: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String()), { description: "What is wrong, by field. Only with 422." }),
    ),
  },
  { title: "Problem" },
);

/** The text of docs/reference/errors.md. */
export function renderErrorsReference(): string {
  const sections = Object.entries(problems).map(
    ([code, { status, says }]) => `## ${code}\n\n\`${status} ${STATUS_CODES[status]}\`. ${says}\n`,
  );
  return `# Errors

The Bellwire API answers an error as \`application/problem+json\` (RFC 9457) with one of these codes in \`code\`, and with
\`request_id\`, which finds the request in the operator's log. \`errors\` says what is wrong by field. A code never changes
its meaning. The Account Management API has the same errors in 3scale's shapes, without a code.

${sections.join("\n")}`;
}
