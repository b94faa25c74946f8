import { unescape as percentDecoded } from "node:querystring";

/** Parts of an endpoint URL that a request needs. */
export interface Target {
  readonly origin: string;
  /** Host and port. */
  readonly host: string;
  /** Host without port; an IPv6 address in brackets. */
  readonly hostname: string;
  readonly pathname: string;
  /** The query as configured, with its question mark. */
  readonly query: string;
  /** Value of an `authorization` header, from a URL like https://user:password@host/. */
  readonly credentials: string | undefined;
  /** Set for a request bin of this installation. */
  readonly binId: string | undefined;
}

/** Matches the maximum of lanes per engine; a target takes half a kilobyte. */
const knownMax = 20_000;

/** Parses endpoint URLs and caches the results, since each delivery needs them. */
export class Targets {
  readonly #known = new Map<string, Target | undefined>();
  readonly #binIdOf: (url: URL) => string | undefined;

  constructor(binIdOf: (url: URL) => string | undefined) {
    this.#binIdOf = binIdOf;
  }

  /** Returns undefined if the text is no http or https URL. */
  of(text: string): Target | undefined {
    const known = this.#known.get(text);
    if (known || this.#known.has(text)) return known;
    if (this.#known.size === knownMax) this.#known.clear();
    const target = this.#takeApart(text);
    this.#known.set(text, target);
    return target;
  }

  #takeApart(text: string): Target | undefined {
    const target = parseTarget(text);
    if (!target) return undefined;
    const { parsed, ...parts } = target;
    return { ...parts, binId: this.#binIdOf(parsed) };
  }
}

/** Returns undefined if the text is no http or https URL. */
export function parseTarget(text: string): (Omit<Target, "binId"> & { readonly parsed: URL }) | undefined {
  const parsed = URL.parse(text);
  if (!parsed || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) return undefined;
  const { origin, host, hostname, pathname } = parsed;
  return { origin, host, hostname, pathname, query: rawQuery(text), credentials: credentialsOf(parsed), parsed };
}

/** Converts user and password of a URL to HTTP Basic, as the sender of 3scale does. */
function credentialsOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const plain = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return `Basic ${Buffer.from(plain).toString("base64")}`;
}

/**
 * Returns the query of a URL as configured, with its question mark; empty without a query. `URL` would rewrite quotes
 * and angle brackets and drop an empty query, but a receiver may sign or compare it as configured. Percent-encodes only
 * characters that a request line must not contain; drops line breaks, tabs and surrounding spaces.
 */
function rawQuery(text: string): string {
  const url = text.replaceAll(/[\t\n\r]/g, "").replace(/[\0- ]+$/, "");
  const [beforeFragment = ""] = url.split("#", 1);
  const at = beforeFragment.indexOf("?");
  if (at === -1) return "";
  return beforeFragment
    .slice(at)
    .toWellFormed()
    .replaceAll(/[^!-~]/gu, encodeURIComponent);
}
