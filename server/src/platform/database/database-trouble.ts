import { codeOf, wordsOf } from "#platform/config/error-words.ts";

/** `away`: it does not answer. `full`: it answers, and has no room to write. Reading goes on. */
export type DatabaseTrouble = "away" | "full";

const diskFull = "53100";

/** No connection came about. Whatever the reason was, no statement was at fault. */
export class NoConnection extends Error {
  override readonly name = "NoConnection";
  readonly code: string | undefined;

  constructor(cause: unknown) {
    super(wordsOf(cause), { cause });
    this.code = codeOf(cause);
  }
}

/** What PostgreSQL says when it cannot be used at the moment, whatever the statement. */
const statesOfAway: ReadonlySet<string> = new Set([
  "57P01", // it is being stopped
  "57P02", // another of its processes has crashed, and all start anew
  "57P03", // it is starting, or recovering
  "57P04", // the database was dropped
  "57P05", // the session was idle for too long
  "57014", // the statement took longer than any should
  "25P03", // the transaction was idle for too long
  "25006", // it is a standby, which only reads
  "53200", // it is out of memory
  "53300", // too many connections
  "58000", // its system fails it
  "58030", // it cannot read or write its files
  "28000", // the user may not log in, or not from here
  "28P01", // the password is wrong: it was changed, perhaps
  "3D000", // the database is not there: it is being restored, perhaps
]);

/** What the network says, by the system's names. */
const codesOfAway: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** What `pg` says without a code. */
const wordsOfAway = /^(?:Connection terminated|timeout e|Query read timeout|Client (?:has encountered|was closed))/;

/** Whether an error means that the database cannot be used at the moment: the same request may do later. */
export function troubleOf(error: unknown): DatabaseTrouble | undefined {
  const code = codeOf(error);
  if (code === diskFull) return "full";
  if (error instanceof NoConnection) return "away";
  if (code === undefined) return error instanceof Error && wordsOfAway.test(error.message) ? "away" : undefined;
  if (isMissingSocket(error, code)) return "away";
  return code.startsWith("08") || statesOfAway.has(code) || codesOfAway.has(code) ? "away" : undefined;
}

/** A server on a socket of this machine that is not there. Other files are missing for other reasons. */
const isMissingSocket = (error: unknown, code: string): boolean =>
  code === "ENOENT" && error instanceof Error && "syscall" in error && error.syscall === "connect";
