import type { BinRequest } from "#request-bin/index.ts";
import type { SignatureVerdict } from "#webhooks/attempts/index.ts";
import { indentJson } from "./indent-json.ts";
import { maskBody, maskHeaders, maskQuery } from "./mask-request.ts";
import { indentXml } from "#platform/document/indent-xml.ts";
import { viewPath, type Viewer } from "./viewer.ts";
import { writeCurl } from "./write-curl.ts";

export interface Surroundings {
  readonly viewer: Viewer;
  readonly binUrl: string;
  /** Of the endpoints that point to the bin. */
  readonly secrets: readonly string[];
}

/** Returns a request as the page's template shows it, without what only admins may see or repeat. */
export function describeRequest(
  request: BinRequest,
  signature: SignatureVerdict | null,
  { viewer, binUrl }: Omit<Surroundings, "secrets">,
) {
  const { bin, isAdmin } = viewer;
  const { number, method, body, bodyBytes, receivedAt } = request;
  const isCut = body.length < bodyBytes;
  const query = isAdmin ? request.query : maskQuery(request.query);
  const headers = isAdmin ? request.headers : maskHeaders(request.headers);
  const header = (name: string): string | undefined => headers.find(([its]) => its.toLowerCase() === name)?.[1];
  const eventType = header("bellwire-event-type");
  const attempt = header("bellwire-attempt");
  const text = textOf(body, isCut);
  return {
    number,
    method,
    query,
    event_type: eventType,
    attempt,
    replay: header("bellwire-replay"),
    is_test: header("bellwire-test") === "true",
    signature: describeSignature(signature),
    received_at: receivedAt.toISOString(),
    received_at_text: receivedAt.toISOString().slice(11, 23),
    facts: [
      eventType && (query === "" ? method : `${method} ?${query}`),
      attempt && `attempt ${attempt}`,
      header("content-type"),
      sizeOf(bodyBytes),
    ].filter(Boolean),
    headers: headers.map(([name, value]) => ({ name, value })),
    body: isAdmin ? describeBody(text, { bodyBytes, isCut }) : describeMaskedBody(text, { bodyBytes, isCut }),
    body_path: isAdmin ? viewPath(bin, `/requests/${number}/body`) : undefined,
    curl: !isAdmin || isCut ? undefined : writeCurl(request, binUrl, text),
  };
}

function describeSignature(verdict: SignatureVerdict | null): { kind: string; says: string } {
  if (verdict === "missing") return { kind: "missing", says: "Not signed" };
  if (verdict === null) return { kind: "missing", says: "Signature not checked: no endpoint points here" };
  return verdict === "valid"
    ? { kind: "valid", says: "Signature valid" }
    : { kind: "invalid", says: "Signature invalid" };
}

interface BodySize {
  readonly bodyBytes: number;
  /** Whether the text is its beginning only. */
  readonly isCut: boolean;
}

function describeBody(text: string | undefined, { bodyBytes, isCut }: BodySize) {
  if (bodyBytes === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  if (isCut) return { kind: "text", shown: text, is_cut: true };
  const shown = indentJson(text) ?? indentXml(text) ?? text;
  return { kind: "text", shown, ...(shown === text ? {} : { as_it_came: text }) };
}

function describeMaskedBody(text: string | undefined, { bodyBytes, isCut }: BodySize) {
  if (bodyBytes === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  const shown = maskBody(text);
  return shown === undefined ? { kind: "hidden" } : { kind: "text", shown, is_cut: isCut };
}

/** `undefined`: it is not text, or holds what no text does. The beginning of one may end within a character. */
function textOf(body: Buffer, isCut: boolean): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body, { stream: isCut });
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const sizeOf = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`);
