interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Turns `https://user:password@host` into the header that it stands for, as 3scale's sender does; an `authorization` that
 * is given goes before it. A URL without them stays as it was written.
 */
export function signInByHeader(url: string, headers: Target["headers"]): Target {
  const parsed = URL.parse(url);
  if (!parsed || (parsed.username === "" && parsed.password === "")) return { url, headers };
  const [user, password] = [parsed.username, parsed.password].map(decodeURIComponentLeniently);
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  parsed.username = "";
  parsed.password = "";
  const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  return { url: parsed.href, headers: isGiven ? headers : { ...headers, authorization } };
}

/** A `%` that belongs to nothing is taken as it is. */
const decodeURIComponentLeniently = (text: string): string =>
  text.replace(/(%[0-9a-f]{2})+/gi, (escaped) => Buffer.from(escaped.replaceAll("%", ""), "hex").toString());
