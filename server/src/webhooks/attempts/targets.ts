import { unescape as percentDecoded } from "node:querystring";

/** What a request needs to know of an endpoint's URL. */
export interface Target {
  readonly origin: string;
  /** Host and port. */
  readonly host: string;
  /** Host without port; an IPv6 address in brackets. */
  readonly hostname: string;
  readonly pathname: string;
  /** As it is configured, with its question mark. */
  readonly query: string;
  /** Of a URL like https://user:password@host/, as the value of an `authorization` header. */
  readonly credentials: string | undefined;
  /** Set if it is one of our own request bins. */
  readonly binId: string | undefined;
}

/** As many as an engine has lanes; a target takes half a kilobyte. */
const knownMax = 20_000;

/** Takes URLs apart, and remembers them: the same ones come again with each delivery. */
export class Targets {
  readonly #known = new Map<string, Target | undefined>();
  readonly #binIdOf: (url: URL) => string | undefined;

  constructor(binIdOf: (url: URL) => string | undefined) {
    this.#binIdOf = binIdOf;
  }

  /** Undefined if the text is no URL that can be sent to. */
  of(text: string): Target | undefined {
    const known = this.#known.get(text);
    if (known || this.#known.has(text)) return known;
    if (this.#known.size === knownMax) this.#known.clear();
    const target = this.#takeApart(text);
    this.#known.set(text, target);
    return target;
  }

  #takeApart(text: string): Target | undefined {
    const url = URL.parse(text);
    if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
    const { origin, host, hostname, pathname } = url;
    const query = rawQuery(text);
    return { origin, host, hostname, pathname, query, credentials: credentialsOf(url), binId: this.#binIdOf(url) };
  }
}

/** A user and a password in a URL ask for HTTP Basic, as 3scale's sender has always understood it. */
function credentialsOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const plain = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return `Basic ${Buffer.from(plain).toString("base64")}`;
}

/**
 * The query of a URL as it is configured, with its question mark; nothing where there is none. A `URL` would write quotes and
 * angle brackets in its own way and drop a question mark with nothing behind it, and a receiver may sign or compare what it
 * was configured with. Only what may not stand in a request line is percent-encoded; line breaks and tabs are no part of a
 * URL, nor is space around it.
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
