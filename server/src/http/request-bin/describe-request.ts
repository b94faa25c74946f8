import type { BinRequest } from "#request-bin/index.ts";
import { judgeSignature } from "#webhooks/attempts/index.ts";
import { indentJson } from "./indent-json.ts";
import { maskBody, maskHeaders, maskQuery } from "./mask-request.ts";
import { indentXml } from "#platform/document/indent-xml.ts";
import { viewPath, type Viewer } from "./viewer.ts";
import { writeCurl } from "./write-curl.ts";

/** What of a body is shown. A webhook is a few KiB; the whole is there to be saved. */
const shownCharactersMax = 64 * 1024;

export interface Surroundings {
  readonly viewer: Viewer;
  readonly binUrl: string;
  readonly secrets: readonly string[];
}

/** Returns a request as the page's template shows it, without what only admins may see or repeat. */
export function describeRequest(request: BinRequest, { viewer, binUrl, secrets }: Surroundings) {
  const { bin, isAdmin } = viewer;
  const { number, method, body, receivedAt } = request;
  const query = isAdmin ? request.query : maskQuery(request.query);
  const headers = isAdmin ? request.headers : maskHeaders(request.headers);
  const header = (name: string): string | undefined => headers.find(([its]) => its.toLowerCase() === name)?.[1];
  const eventType = header("bellwire-event-type");
  const attempt = header("bellwire-attempt");
  const text = textOf(body);
  return {
    number,
    method,
    query,
    event_type: eventType,
    attempt,
    replay: header("bellwire-replay"),
    is_test: header("bellwire-test") === "true",
    signature: describeSignature(request, secrets),
    received_at: receivedAt.toISOString(),
    received_at_text: receivedAt.toISOString().slice(11, 23),
    facts: [
      eventType && (query === "" ? method : `${method} ?${query}`),
      attempt && `attempt ${attempt}`,
      header("content-type"),
      sizeOf(body.length),
    ].filter(Boolean),
    headers: headers.map(([name, value]) => ({ name, value })),
    body: isAdmin ? describeBody(body, text) : describeMaskedBody(body, text),
    body_path: isAdmin ? viewPath(bin, `/requests/${number}/body`) : undefined,
    curl: !isAdmin || body.length > shownCharactersMax ? undefined : writeCurl(request, binUrl, text),
  };
}

function describeSignature(request: BinRequest, secrets: readonly string[]): { kind: string; says: string } {
  const verdict = judgeSignature(request, secrets);
  if (verdict === "missing") return { kind: "missing", says: "Not signed" };
  if (secrets.length === 0) return { kind: "missing", says: "Signature not checked: no endpoint points here" };
  return verdict === "valid"
    ? { kind: "valid", says: "Signature valid" }
    : { kind: "invalid", says: "Signature invalid" };
}

function describeBody(body: Buffer, text: string | undefined) {
  if (body.length === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  if (text.length > shownCharactersMax) return { kind: "text", shown: text.slice(0, shownCharactersMax), is_cut: true };
  const shown = indentJson(text) ?? indentXml(text) ?? text;
  return { kind: "text", shown, ...(shown === text ? {} : { as_it_came: text }) };
}

function describeMaskedBody(body: Buffer, text: string | undefined) {
  if (body.length === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  const shown = text.length > shownCharactersMax ? undefined : maskBody(text);
  return shown === undefined ? { kind: "hidden" } : { kind: "text", shown };
}

/** `undefined`: it is not text, or holds what no text does. */
function textOf(body: Buffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const sizeOf = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`);
