/** An error that the operator can fix: printed without a stack trace. */
export class CannotStart extends Error {
  override readonly name = "CannotStart";
}

/** Returns the message of anything thrown; of an AggregateError (one error per address of a host), all messages. */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(errorMessage).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** Returns the code of a system or database error: `ENOENT`, `42501`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
