/** A refusal by one of the two APIs, in words for the admin. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  /** What is wrong, by field. */
  readonly errors: Readonly<Record<string, readonly string[]>>;

  constructor(status: number, body: unknown) {
    const { title, code, errors } = readProblem(body);
    super(title ?? `The server answered with ${status}.`);
    this.status = status;
    this.code = code ?? "unknown";
    this.errors = errors;
  }
}

function readProblem(body: unknown) {
  const fields = new Map<string, unknown>(Object.entries(body ?? {}));
  const text = (name: string): string | undefined => {
    const value = fields.get(name);
    return typeof value === "string" ? value : undefined;
  };
  // The Bellwire API says `title`, the Account Management API `error` or `status`.
  return { title: text("title") ?? text("error"), code: text("code"), errors: readFieldErrors(fields.get("errors")) };
}

function readFieldErrors(errors: unknown): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(errors ?? {}).map(([field, messages]: [string, unknown]) => [
      field,
      Array.isArray(messages) ? messages.map(String) : [String(messages)],
    ]),
  );
}

export const saysWhy = (error: unknown): string =>
  error instanceof Error ? error.message : "Something went wrong. Try again.";
