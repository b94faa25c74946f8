/**
 * DATABASE_URL as libpq reads it, in what the driver does not know: several hosts, `target_session_attrs`, and `sslmode` names
 * whose meaning the driver is about to change. (PostgreSQL, "Connection Strings", "Specifying Multiple Hosts".)
 */

export interface DatabaseUrl {
  /** One URL for each host, in the order in which they are tried. */
  readonly urls: readonly string[];
  /** Whether a primary will not do that only reads (`default_transaction_read_only`). */
  readonly mustWrite: boolean;
}

const shape = /^(postgres(?:ql)?:\/\/(?:[^/?]*@)?)([^@/?]*)(\/[^?]*)?(?:\?(.*))?$/s;

/** Bellwire writes, so these would never do. */
const readers: ReadonlySet<string> = new Set(["read-only", "standby", "prefer-standby"]);
const writers: ReadonlySet<string> = new Set(["any", "primary", "read-write"]);

/** The driver verifies the certificate in all of these, and warns that a later version will not. We go on verifying. */
const verified: ReadonlySet<string> = new Set(["prefer", "require", "verify-ca", "verify-full"]);
const unverified: ReadonlySet<string> = new Set(["disable", "no-verify"]);

/** Returns what is wrong with it instead, as the end of a sentence. */
export function parseDatabaseUrl(text: string): DatabaseUrl | { readonly wrong: string } {
  const [, start, authority = "", path = "", query = ""] = shape.exec(text) ?? [];
  if (start === undefined) return { wrong: "must start with postgresql://" };
  const parameters = new URLSearchParams(query);

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

  const hosts = placesOf(authority, parameters);
  if (!hosts) return { wrong: "has several ports, but not one for each host" };
  return {
    urls: hosts.map((host) => urlOf(`${start}${host.authority}${path}`, parameters, host)),
    mustWrite: target === "read-write",
  };
}

interface Place {
  readonly authority: string;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

/** Hosts stand before the path or in the parameters `host` and `port`, where folders of sockets do. */
function placesOf(authority: string, parameters: URLSearchParams): readonly Place[] | undefined {
  const named = parameters.get("host");
  if (named === null) return authority.split(",").map((each) => ({ authority: each }));
  const hosts = named.split(",");
  const ports = parameters.get("port")?.split(",") ?? [];
  if (ports.length > 1 && ports.length !== hosts.length) return undefined;
  return hosts.map((host, index) => ({ authority, host, port: ports[index] ?? ports[0] }));
}

function urlOf(withoutQuery: string, parameters: URLSearchParams, { host, port }: Place): string {
  const own = new URLSearchParams(parameters);
  if (host !== undefined) own.set("host", host);
  if (port !== undefined) own.set("port", port);
  // The driver reads a plus as itself where a path is meant, so a blank is written as libpq does.
  const query = own.toString().replaceAll("+", "%20");
  return query === "" ? withoutQuery : `${withoutQuery}?${query}`;
}

/** Where a URL leads, without its password. */
export function placeOf(url: string): string {
  const [, , authority = "", path = "", query = ""] = shape.exec(url) ?? [];
  if (path === "" && authority === "") return "DATABASE_URL";
  return `${new URLSearchParams(query).get("host") ?? (authority || "its socket")}${path}`;
}
