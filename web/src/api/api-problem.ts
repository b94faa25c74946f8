/** A refusal by one of the two APIs, in words for the admin. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  /** What is wrong, by field. */
  readonly errors: Readonly<Record<string, readonly string[]>>;

  constructor(status: number, body: unknown) {
    const { title, code, errors } = readProblem(body);
    super(title ?? (inSentences(errors) || `The server answered with ${status}.`));
    this.status = status;
    this.code = code ?? "unknown";
    this.errors = errors;
  }
}

function readProblem(body: unknown) {
  const fields = fieldsOf(body);
  // The Bellwire API says `title`; the Account Management API `error`, or `error.error` of a step that a state forbids.
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
    Object.entries(errors ?? {}).map(([field, messages]: [string, unknown]) => [
      field,
      Array.isArray(messages) ? messages.map(String) : [String(messages)],
    ]),
  );
}

/** "org_name" and "can't be blank" make "Org name can't be blank." */
function inSentences(errors: Readonly<Record<string, readonly string[]>>): string {
  const sentences = Object.entries(errors).flatMap(([field, says]) =>
    says.map((it) => `${field === "base" ? "" : `${words(field)} `}${it}.`),
  );
  return sentences.join(" ");
}

function words(field: string): string {
  const spoken = field.replace(/_id$/, "").replaceAll("_", " ");
  return `${spoken.charAt(0).toUpperCase()}${spoken.slice(1)}`;
}

export const saysWhy = (error: unknown): string =>
  error instanceof Error ? error.message : "Something went wrong. Try again.";

/** Whether what was asked for by its id is not there, any more or at all. */
export const isGone = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.status === 404 || (error.status === 422 && error.errors["id"] !== undefined)); // no id could be that
