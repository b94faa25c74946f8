import type { Bin, BinRequest } from "#request-bin/index.ts";
import type { SignatureVerdict } from "#webhooks/attempts/index.ts";
import type { BinAnswer, BinRequestAnswer } from "./bin-schema.ts";

/** `origin`: how the outside reaches us, without a slash at the end. */
export const representBin = (bin: Bin, origin: string): BinAnswer => ({
  id: bin.id,
  url: `${origin}/bins/${bin.id}`,
  view_url: `${origin}/bins/${bin.id}/view?key=${bin.viewKey}`,
  answer_status: bin.answerStatus,
  answer_delay_ms: bin.answerDelayMs,
  requests_caught: bin.requestsCaught,
  created_at: bin.createdAt.toISOString(),
});

export function representBinRequest(request: BinRequest, signature: SignatureVerdict | null): BinRequestAnswer {
  const { number, receivedAt, method, path, query, headers, body, bodyBytes } = request;
  const isTruncated = body.length < bodyBytes;
  const text = textOf(body, isTruncated);
  return {
    number,
    received_at: receivedAt.toISOString(),
    method,
    path,
    query,
    headers: headers.map(([name, value]) => [name, value]),
    body: text ?? body.toString("base64"),
    body_encoding: text === undefined ? "base64" : "utf-8",
    body_bytes: bodyBytes,
    body_truncated: isTruncated,
    signature,
  };
}

/** Undefined for bytes that are not text. A truncated text may end within a character, which is left out. */
function textOf(body: Buffer, isTruncated: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body, { stream: isTruncated });
  } catch {
    return undefined;
  }
}
