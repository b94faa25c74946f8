/** An error response of either API, with a message for the admin. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  /** True for the response of a proxy that has no server behind it. */
  readonly isFromProxy: boolean;
  /** Messages by field. */
  readonly errors: Readonly<Record<string, readonly string[]>>;

  constructor(status: number, body: unknown) {
    const { title, code, errors } = readProblem(body);
    // The messages of the fields are more specific than the title.
    super(
      fieldSentences(errors) ||
        (title ? sentence(fieldMessage(title)) : defaultMessages[status] || `The server answered with ${status}.`),
    );
    this.status = status;
    this.code = code ?? "unknown";
    this.isFromProxy = proxyStatuses.has(status) && title === undefined;
    this.errors = errors;
  }
}

/** The statuses of a proxy without a server. Bellwire's own 503 has a title. */
const proxyStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

/** For responses without a body, such as most of 3scale's. */
const defaultMessages: Readonly<Record<number, string>> = {
  403: "You are not allowed to do this.",
  404: "This no longer exists. Somebody may have deleted it.",
};

function readProblem(body: unknown) {
  const fields = fieldsOf(body);
  // The Bellwire API has `title`; the Account Management API has `error`, or `error.error` when a state forbids the
  // action.
  const title = textIn(fields, "title") ?? textIn(fields, "error") ?? textIn(fieldsOf(fields.get("error")), "error");
  return { title, code: textIn(fields, "code"), errors: readFieldErrors(fields.get("errors")) };
}

const fieldsOf = (body: unknown): ReadonlyMap<string, unknown> => new Map(Object.entries(body ?? {}));

function textIn(fields: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = fields.get(name);
  return typeof value === "string" ? value : undefined;
}

function readFieldErrors(errors: unknown): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(errors ?? {}).map(([field, messages]: [string, unknown]) => {
      const texts = Array.isArray(messages) ? messages.map(String) : [String(messages)];
      return [field, texts.map(field === "email" ? emailMessage : fieldMessage)];
    }),
  );
}

const transition = /cannot transition via ".*"/;

/** 3scale's word for a value of a wrong form is no end of a sentence, and a state that "cannot transition" says nothing to a user. */
const fieldMessage = (text: string): string =>
  text === "invalid" ? "is invalid" : text.replace(transition, "does not allow this");

/** 3scale reports the length of a short address, such as "a@b", which does not help to correct it. */
const emailMessage = (text: string): string =>
  text.startsWith("is too short") ? "should look like an email address" : text;

/** Turns "org_name" and "can't be blank" into "Org name can't be blank." */
function fieldSentences(errors: Readonly<Record<string, readonly string[]>>): string {
  const sentences = Object.entries(errors).flatMap(([field, messages]) =>
    messages.map((message) => sentence(field === "base" ? message : `${words(field)} ${message}`)),
  );
  return sentences.join(" ");
}

const words = (field: string): string => field.replace(/_id$/, "").replaceAll("_", " ");

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

const awayMessage = "The server cannot be reached. Check your connection and try again.";

/** The server did not respond. */
export class ServerAway extends Error {
  override readonly name = "ServerAway";

  constructor(options?: ErrorOptions) {
    super(awayMessage, options);
  }
}

/** Returns true if no server responded. `fetch` throws a TypeError, and each browser words it differently. */
export const isServerAway = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof ServerAway || (error instanceof ApiProblem && error.isFromProxy);

export function errorMessage(error: unknown): string {
  if (isServerAway(error)) return awayMessage;
  return error instanceof Error ? error.message : "Something went wrong. Try again.";
}

/** Returns true if the object does not exist. An id that the API cannot parse answers 422. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.status === 404 || (error.status === 422 && error.errors["id"] !== undefined));

export const isForbidden = (error: unknown): boolean => error instanceof ApiProblem && error.status === 403;
