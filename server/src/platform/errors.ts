/** What keeps us from starting, in words for the operator: shown without a stack trace. */
export class CannotStart extends Error {
  override readonly name = "CannotStart";
}

/** What an error says, whatever was thrown. Several that came together (one an address of a host) say it all. */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(errorMessage).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** The code of a system's or a database's error: `ENOENT`, `42501`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
