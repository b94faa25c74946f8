import { maskUrl } from "#webhooks/endpoints/index.ts";
import { type RequestContent, headersOnWire, requestHeaders } from "./attempt-request.ts";
import { Signer } from "./signature.ts";
import { parseTarget } from "./targets.ts";

/** A request as it is on the wire. */
export interface SentRequest {
  readonly method: "POST";
  /** Without user information, which is sent as a header, and without fragment. */
  readonly url: string;
  /** In their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** Renders a request again from its content, with the same bytes. Returns undefined if nothing can be sent to its URL. */
export function renderSentRequest(content: RequestContent, userAgent: string): SentRequest | undefined {
  const target = parseTarget(content.url);
  if (!target) return undefined;
  const { origin, host, pathname, query, credentials } = target;
  const headers = requestHeaders(content, { signer: new Signer(), userAgent, credentials });
  return {
    method: "POST",
    url: origin + pathname + query,
    headers: [...headersOnWire(headers, { host, bodyBytes: content.body.byteLength })],
    body: content.body,
  };
}

/**
 * Masks the values of the URL's query, of custom headers, of credentials and of the signature, with which anybody could
 * repeat the request for some minutes.
 */
export function maskSentRequest(sent: SentRequest, content: RequestContent): SentRequest {
  const custom = Object.keys(content.headers).map((name) => name.toLowerCase());
  const secret = new Set([...custom, "authorization", "webhook-signature"]);
  return {
    ...sent,
    url: maskUrl(sent.url),
    headers: sent.headers.map(([name, value]) => [name, secret.has(name.toLowerCase()) ? "…" : value]),
  };
}

/** Headers that curl derives from the URL and the body. */
const setByCurl: ReadonlySet<string> = new Set(["host", "content-length"]);

/**
 * Renders a curl command for POSIX shells that sends the same request line, headers and body. Headers that curl would
 * add are removed, and nothing in the URL is expanded.
 */
export function renderCurl({ url, headers, body }: SentRequest): string {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const sentHeaders = headers.filter(([name]) => !setByCurl.has(name.toLowerCase()));
  const removed = ["Accept", "Expect"].filter((name) => !names.has(name.toLowerCase()));
  return [
    `curl --http1.1 --globoff --path-as-is ${quoted(url)}`,
    // A header without a value ends with a semicolon, or curl would leave it out.
    ...sentHeaders.map(([name, value]) => `--header ${quoted(value === "" ? `${name};` : `${name}: ${value}`)}`),
    ...removed.map((name) => `--header ${quoted(`${name}:`)}`),
    `--data-raw ${quoted(Buffer.from(body).toString())}`,
  ].join(" \\\n  ");
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
