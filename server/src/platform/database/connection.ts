import pg from "pg";
import { CannotStart, errorCode, errorMessage } from "../errors.ts";

/**
 * Parses the parts of DATABASE_URL that the driver does not support as libpq does: several hosts, `target_session_attrs`, and
 * `sslmode` names whose meaning the driver is about to change. (PostgreSQL, "Connection Strings", "Specifying Multiple Hosts".)
 */

export interface DatabaseUrl {
  /** One URL for each host, in the order in which they are tried. */
  readonly urls: readonly string[];
  /** A read-only primary (`default_transaction_read_only`) is refused. */
  readonly mustWrite: boolean;
}

const shape = /^(postgres(?:ql)?:\/\/(?:[^/?]*@)?)([^@/?]*)(\/[^?]*)?(?:\?(.*))?$/s;

/** Unusable, because Bellwire writes. */
const readers: ReadonlySet<string> = new Set(["read-only", "standby", "prefer-standby"]);
const writers: ReadonlySet<string> = new Set(["any", "primary", "read-write"]);

/** The driver verifies the certificate in all of these modes and warns that a later version will not. We keep verifying. */
const verified: ReadonlySet<string> = new Set(["prefer", "require", "verify-ca", "verify-full"]);
const unverified: ReadonlySet<string> = new Set(["disable", "no-verify"]);

/** Parses a DATABASE_URL. Returns the problem, as the end of a sentence, if it is invalid. */
export function parseDatabaseUrl(text: string): DatabaseUrl | { readonly wrong: string } {
  const [, start, authority = "", path = "", query = ""] = shape.exec(text) ?? [];
  if (start === undefined) return { wrong: "must start with postgresql://" };
  const parameters = new URLSearchParams(query);
  if (isCutShort({ start, authority, path, parameters })) return { wrong: encodeIt };

  const target = parameters.get("target_session_attrs") ?? "any";
  parameters.delete("target_session_attrs");
  if (readers.has(target)) {
    return { wrong: `has target_session_attrs=${target}, but Bellwire writes: give any, primary or read-write` };
  }
  if (!writers.has(target)) return { wrong: "has a target_session_attrs that is none of any, primary and read-write" };

  const mode = parameters.get("sslmode");
  if (mode !== null && verified.has(mode)) parameters.set("sslmode", "verify-full");
  else if (mode !== null && !unverified.has(mode)) {
    return { wrong: "has an sslmode that is none of disable, no-verify, require, verify-ca and verify-full" };
  }
  if (parameters.get("sslrootcert") === "system") parameters.delete("sslrootcert"); // those of Node.js, as without it

  const hosts = hostsOf(authority, parameters);
  if (!hosts) return { wrong: "has several ports, but not one for each host" };
  if (!hosts.every((host) => isReadable(`${start}${host.authority}${path}`) && isPort(host.port))) {
    return { wrong: encodeIt };
  }
  return {
    urls: hosts.map((host) => urlOf(`${start}${host.authority}${path}`, parameters, host)),
    mustWrite: target === "read-write",
  };
}

const encodeIt =
  "is not a valid URL: percent-encode special characters of its user, password and database, such as / as %2F, # as %23 and % as %25, and give ports from 1 to 65535";

interface UrlParts {
  readonly start: string;
  readonly authority: string;
  readonly path: string;
  readonly parameters: URLSearchParams;
}

/** Returns whether a password with `/`, `?` or `#` has ended the host early: the rest of it would be shown as the path. */
const isCutShort = ({ start, authority, path, parameters }: UrlParts): boolean =>
  `${start}${authority}${path}`.includes("#") ||
  (!start.endsWith("@") && [path, ...parameters.keys()].some((part) => part.includes("@")));

/** Returns whether the driver can read a URL. It is without parameters, because the driver would read the files that they name. */
function isReadable(withoutQuery: string): boolean {
  try {
    return new pg.Client(withoutQuery).port > 0;
  } catch {
    return false;
  }
}

const isPort = (port: string | undefined): boolean =>
  port === undefined || (/^\d+$/.test(port) && Number(port) > 0 && Number(port) < 65_536);

interface UrlHost {
  readonly authority: string;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

/** Hosts are before the path or in the parameters `host` and `port`, as are folders of sockets. */
function hostsOf(authority: string, parameters: URLSearchParams): readonly UrlHost[] | undefined {
  const named = parameters.get("host");
  if (named === null) return authority.split(",").map((each) => ({ authority: each }));
  const hosts = named.split(",");
  const ports = parameters.get("port")?.split(",") ?? [];
  if (ports.length > 1 && ports.length !== hosts.length) return undefined;
  return hosts.map((host, index) => ({ authority, host, port: ports[index] ?? ports[0] }));
}

function urlOf(withoutQuery: string, parameters: URLSearchParams, { host, port }: UrlHost): string {
  const own = new URLSearchParams(parameters);
  if (host !== undefined) own.set("host", host);
  if (port !== undefined) own.set("port", port);
  // The driver reads a plus as itself where a path is meant, so a blank is written as libpq does.
  const query = own.toString().replaceAll("+", "%20");
  return query === "" ? withoutQuery : `${withoutQuery}?${query}`;
}

/** Returns the host and path of a URL, without its password. */
export function databaseLocation(url: string): string {
  const [, , authority = "", path = "", query = ""] = shape.exec(url) ?? [];
  if (path === "" && authority === "") return "DATABASE_URL";
  return `${new URLSearchParams(query).get("host") ?? (authority || "its socket")}${path}`;
}

/**
 * `away`: the database does not respond. `full`: it responds, but has no space to write; reads still work. `refused`: it refuses a
 * statement for a reason that its administrator removes, not the caller; the connection is fine.
 */
export type DatabaseErrorClass = "away" | "full" | "refused";

const diskFull = "53100";

/** Has the code of a full disk: a change is refused before the disk is full. */
export class DiskNearlyFull extends Error {
  override readonly name = "DiskNearlyFull";
  readonly code = diskFull;
}

/** No connection could be opened, so no statement was at fault. */
export class NoConnection extends Error {
  override readonly name = "NoConnection";
  readonly code: string | undefined;

  constructor(cause: unknown) {
    super(errorMessage(cause), { cause });
    this.code = errorCode(cause);
  }
}

/** Raised by `require_server` behind a pooler: another server answers than before. Nothing was done. */
export const otherServerCode = "BW001";

/** Raised by a change in a cell that its provider leaves: migrations/cell/0014_moves.sql. */
export const providerMovingCode = "BW002";

/**
 * Selects the providers that leave the cell and whose rows it keeps as they are. Their work continues in another cell. Here the rows are
 * left over until the move has deleted them: workers must skip them, or they would fail at them again and again.
 */
export const leavingProviders = `select provider from provider_moves where state in ('frozen', 'left')`;

/**
 * Locks the days of this cell's history and statistics for a move, until the end of its connection: none of them is dropped meanwhile.
 * Failures keep their events from expiring, and arrive in the new cell after them.
 */
export const keepDaysStatement = "select pg_advisory_lock_shared(hashtext('bellwire moved days'))";

/** True unless a move needs the days. Keeps moves from beginning until the end of the transaction. */
export const mayDropDays = "pg_try_advisory_xact_lock(hashtext('bellwire moved days'))";

/**
 * Sets limits of a session of the owner, whose work may take hours: an administrator may have set others for the role or the database.
 * The parameters are the times after which an idle session, and an idle transaction, end. `transaction_timeout` is new in PostgreSQL 17.
 */
export const ownerSettingsStatement = `
  select set_config('standard_conforming_strings', 'on', false),
    set_config('idle_session_timeout', $1, false), set_config('idle_in_transaction_session_timeout', $2, false),
    set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),
    set_config('default_transaction_isolation', 'read committed', false),
    case when current_setting('transaction_timeout', true) <> '0' then set_config('transaction_timeout', '0', false) end`;

/** Codes of PostgreSQL for a database that is unavailable for any statement. */
const statesOfAway: ReadonlySet<string> = new Set([
  "57P01", // it is being stopped
  "57P02", // another of its processes has crashed, and all start anew
  "57P03", // it is starting, or recovering
  "57P04", // the database was dropped
  "57P05", // the session was idle for too long
  "57014", // the statement took longer than any should
  "25P03", // the transaction was idle for too long
  "25P04", // the transaction took longer than any should
  "25006", // it is a standby, which only reads
  "0A000", // a column's type was changed, and the connection has prepared statements from before
  "26000", // prepared statements of the connection were discarded
  "53200", // it is out of memory
  "53300", // too many connections
  "58000", // its system fails it
  "58030", // it cannot read or write its files
  "28000", // the user may not log in, or not from here
  "28P01", // the password is wrong: it was changed, perhaps
  "3D000", // the database is not there: it is being restored, perhaps
  otherServerCode,
]);

/** Codes of PostgreSQL for what an administrator has changed, or does at the moment. */
const statesOfRefusal: ReadonlySet<string> = new Set([
  "40001", // another isolation level was set
  "40P01", // somebody locks tables in another order
  "42501", // a right was revoked
  "3F000", // the schema is not there, or may not be used: it is being restored, perhaps
  "42P01", // nor is a table
  "42703", // nor is a column
  "42883", // nor is a function
  "53400", // a limit was set, such as temp_file_limit
  "58P01", // a file of the database is not there: its volume is not mounted, perhaps
]);

/** System codes of network errors. */
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

/** Messages of `pg` without a code. */
const messagesOfAway = /^(?:Connection terminated|timeout e|Query read timeout|Client (?:has encountered|was closed))/;

/**
 * Classifies errors of the database that are not the caller's: the same request may succeed later. Returns undefined for others.
 */
export function classifyDatabaseError(error: unknown): DatabaseErrorClass | undefined {
  const code = errorCode(error);
  if (code === diskFull) return "full";
  if (error instanceof NoConnection) return "away";
  if (code === undefined) return error instanceof Error && messagesOfAway.test(error.message) ? "away" : undefined;
  if (statesOfRefusal.has(code)) return "refused";
  if (isMissingSocket(error, code)) return "away";
  return code.startsWith("08") || statesOfAway.has(code) || codesOfAway.has(code) ? "away" : undefined;
}

/** Turns an error of the database, or of a full disk, during a start into one for the operator. Returns others as they are. */
export const asStartFailure = (error: unknown): unknown =>
  !(error instanceof CannotStart) && (classifyDatabaseError(error) !== undefined || errorCode(error) === "ENOSPC")
    ? new CannotStart(`The start failed, and may be repeated: ${errorMessage(error)}`, { cause: error })
    : error;

/** A missing Unix socket. Other missing files have other reasons. */
const isMissingSocket = (error: unknown, code: string): boolean =>
  code === "ENOENT" && error instanceof Error && "syscall" in error && error.syscall === "connect";

const tlsProblems: readonly (readonly [codes: RegExp, advice: string])[] = [
  [
    /^(?:SELF_SIGNED_CERT|DEPTH_ZERO_SELF|UNABLE_TO_(?:VERIFY_LEAF|GET_ISSUER)|CERT_UNTRUSTED)/,
    "its certificate is of an authority that is not trusted. Give the certificate of your provider's authority with " +
      "sslrootcert=/path/ca.pem in the connection string",
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    "its certificate is for another name. Connect to a name of the certificate, or to the server that you mean",
  ],
  [
    /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/,
    "its certificate is not valid today. Renew it, or correct this machine's clock",
  ],
];

/** Returns the message of an error when connecting, and for TLS also the step that helps. */
export function explainConnectionError(error: unknown): string {
  const code = errorCode(error) ?? "";
  const message = errorMessage(error);
  const [, advice] = tlsProblems.find(([codes]) => codes.test(code)) ?? [];
  if (advice !== undefined) return `${advice} (${message})`;
  if (message.includes("server does not support SSL")) {
    return `${message}. Switch TLS on in PostgreSQL, or connect without it by sslmode=disable in the connection string`;
  }
  if (code === "28000" && message.includes("no encryption")) {
    return `${message}. The server may require TLS: sslmode=verify-full in the connection string`;
  }
  const isUnreadable = error instanceof Error && "syscall" in error && error.syscall === "open";
  return isUnreadable ? `a file that the connection string names cannot be read (${message})` : message;
}

/** The hosts of a DATABASE_URL and the one in use: the first that was found to be a primary. */
export class DatabaseHosts {
  readonly #urls: readonly string[];
  #index = 0;
  /** True if a read-only primary is not acceptable. */
  readonly mustWrite: boolean;

  constructor(text: string) {
    const parsed = parseDatabaseUrl(text);
    if ("wrong" in parsed) throw new TypeError(`DATABASE_URL ${parsed.wrong}.`); // refused at the start
    this.#urls = parsed.urls;
    this.mustWrite = parsed.mustWrite;
  }

  get current(): string {
    return this.#urls[this.#index] ?? "";
  }

  get count(): number {
    return this.#urls.length;
  }

  /** Switches to the next host, unless another caller has already left this one. */
  leave(url: string): void {
    if (url === this.current) this.#index = (this.#index + 1) % this.#urls.length;
  }

  /** Returns all hosts, starting with the current one. */
  inOrder(): readonly string[] {
    return [...this.#urls.slice(this.#index), ...this.#urls.slice(0, this.#index)];
  }
}

/** Has the code of a write on a standby. */
export class StandbyRefused extends Error {
  readonly code = "25006";

  constructor() {
    super("The database is a standby, which only reads.");
  }
}

/** Connects to the first host that is a primary and keeps using it. Rejects with the error of the last host. */
export async function connectToPrimary(hosts: DatabaseHosts, config: pg.ClientConfig): Promise<pg.Client> {
  let lastError: unknown;
  for (const connectionString of hosts.inOrder()) {
    try {
      return await connectOnce({ ...config, connectionString });
    } catch (error) {
      lastError = error;
      hosts.leave(connectionString);
    }
  }
  throw lastError;
}

/** Connects to a primary. */
async function connectOnce(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  client.on("error", () => undefined); // also rejects what is asked
  try {
    await client.connect();
    const { rows } = await client.query<{ isStandby: boolean }>(`select pg_is_in_recovery() as "isStandby"`);
    if (rows[0]?.isStandby) throw new StandbyRefused();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
