import { indentBody, textOfBody } from "#http/shared/inspect-bin-requests.ts";
import { maskBody, maskingFor } from "#http/shared/mask-bin-requests.ts";
import { type BinRequest, pathBelow } from "#request-bin/index.ts";
import type { SignatureCheck } from "#webhooks/attempts/index.ts";
import { maskUrl } from "#webhooks/endpoints/index.ts";
import { type Viewer, viewerPath } from "./viewer.ts";

/**
 * Represents a request for the page's template. Only admins see secrets, and the command that repeats the request. Other viewers
 * share one rendering, so it contains no key.
 */
export function representRequest(
  request: BinRequest,
  check: SignatureCheck,
  { viewer, binUrl }: { readonly viewer: Viewer; readonly binUrl: string },
) {
  const { isAdmin } = viewer;
  const { number, method, body, bodyBytes, receivedAt } = request;
  const isTruncated = body.length < bodyBytes;
  const masking = maskingFor(isAdmin);
  const query = masking.query(request.query);
  const headers = masking.headers(request.headers);
  const header = (name: string): string | undefined => headers.find(([field]) => field.toLowerCase() === name)?.[1];
  const eventType = header("bellwire-event-type");
  const attempt = header("bellwire-attempt");
  const text = printableTextOf(body, isTruncated);
  const address = addressOf(request.path, query, viewer.bin.id);
  return {
    number,
    method,
    address,
    event_type: eventType,
    attempt,
    replay: header("bellwire-replay"),
    is_test: header("bellwire-test") === "true",
    signature: representSignature(check),
    answer: representAnswer(request),
    forward: representForward(request, viewer),
    received_at: receivedAt.toISOString(),
    received_at_text: receivedAt.toISOString().slice(11, 23),
    facts: [eventType && (address === "" ? method : `${method} ${address}`), attempt && `attempt ${attempt}`].filter(
      Boolean,
    ),
    content_type: header("content-type") ?? "No content type",
    size: formatSize(bodyBytes),
    headers: headers.map(([name, value]) => ({ name, value })),
    body: isAdmin
      ? representBody(text, { bodyBytes, isTruncated })
      : representMaskedBody(text, { bodyBytes, isTruncated }),
    body_path: isAdmin ? viewerPath(viewer, `/requests/${number}/body`) : undefined,
    forward_path: viewer.maySend ? viewerPath(viewer, `/requests/${number}/forward`) : undefined,
    forward_url: viewer.maySend ? (viewer.bin.forwardUrl ?? "") : undefined,
    curl: !isAdmin || isTruncated ? undefined : renderCurl(request, binUrl, text),
  };
}

/** Returns the path below the bin's URL and the query. */
function addressOf(path: string, query: string, binId: string): string {
  const below = path.slice(`/bins/${binId}`.length);
  return `${below === "/" ? "" : below}${query === "" ? "" : `?${query}`}`;
}

function representSignature({ verdict, reason, sentence }: SignatureCheck) {
  if (verdict === "missing") return { kind: "missing", text: "Not signed", sentence };
  if (verdict === null) return { kind: "missing", text: "Signature not checked", sentence };
  if (verdict === "invalid") return { kind: "invalid", text: "Signature invalid", sentence };
  return reason === null
    ? { kind: "valid", text: "Signature valid", sentence }
    : { kind: "warn", text: "Signature valid, but its time is not", sentence };
}

function representAnswer({ answerStatus, answerDelayMs, answerRule }: BinRequest) {
  if (answerStatus === null) return undefined;
  const after = answerDelayMs ? ` after ${answerDelayMs / 1000} s` : "";
  return {
    status: answerStatus,
    kind: answerStatus < 300 ? "good" : "bad",
    text: `${answerStatus}${after}`,
    rule: answerRule,
  };
}

/** Other viewers see that a request was forwarded and its result, but neither the target nor its response. */
function representForward({ forwardResult, isForwarding }: BinRequest, { isAdmin }: Viewer) {
  if (isForwarding) return { is_under_way: true, text: "Forwarding" };
  if (forwardResult === null) return undefined;
  const { status, error, latencyMs, url, body } = forwardResult;
  const result = status === null ? "Not forwarded" : `Forwarded: ${status} in ${latencyMs} ms`;
  return {
    text: result,
    kind: status !== null && status < 300 ? "good" : "bad",
    error: isAdmin ? error : undefined,
    url: isAdmin ? maskUrl(url) : undefined,
    body: isAdmin && body !== "" ? body : undefined,
  };
}

interface BodySize {
  readonly bodyBytes: number;
  /** True if the text is only the start of the body. */
  readonly isTruncated: boolean;
}

function representBody(text: string | undefined, { bodyBytes, isTruncated }: BodySize) {
  if (bodyBytes === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  if (isTruncated) return { kind: "text", shown: text, is_truncated: true };
  const indented = indentBody(text);
  return { kind: "text", shown: indented, ...(indented === text ? {} : { as_received: text }) };
}

function representMaskedBody(text: string | undefined, { bodyBytes, isTruncated }: BodySize) {
  if (bodyBytes === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  const maskedText = maskBody(text);
  return maskedText === undefined ? { kind: "hidden" } : { kind: "text", shown: maskedText, is_truncated: isTruncated };
}

/** Returns undefined for bytes that are not UTF-8 or contain control characters. */
function printableTextOf(body: Buffer, isTruncated: boolean): string | undefined {
  const text = textOfBody(body, isTruncated);
  return text === undefined || /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
}

const formatSize = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`);

/** Headers that curl sends by itself. */
const implicitHeaders: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
]);

/**
 * Renders a command for a POSIX shell that repeats the request. Anybody may have sent it, so curl must neither expand its URL, where
 * `[1-99999]` stands for many requests, nor take a body that begins with `@` for the name of a file to send.
 */
export function renderCurl(
  { method, path, query, headers, body }: Pick<BinRequest, "method" | "path" | "query" | "headers" | "body">,
  url: string,
  text: string | undefined,
): string {
  const below = pathBelow(path);
  const target = `${url}${below === "/" ? "" : below}${query === "" ? "" : `?${query}`}`;
  const parts = [
    `curl --globoff --path-as-is -X ${shellQuote(method)} ${shellQuote(target)}`,
    ...headers
      .filter(([name]) => !implicitHeaders.has(name.toLowerCase()))
      .map(([name, value]) => `-H ${shellQuote(`${name}: ${value}`)}`),
  ];
  if (body.length === 0) return parts.join(" \\\n  ");
  if (text !== undefined) return [...parts, `--data-raw ${shellQuote(text)}`].join(" \\\n  ");
  return `echo ${body.toString("base64")} | base64 -d | ${[...parts, "--data-binary @-"].join(" \\\n  ")}`;
}

const shellQuote = (text: string): string => (/^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
