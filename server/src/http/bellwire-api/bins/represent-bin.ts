import type { Bin, BinRequest } from "#request-bin/index.ts";
import { judgeSignature } from "#webhooks/attempts/index.ts";
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

/** `secrets`: of the endpoints that point to the bin. */
export function representBinRequest(request: BinRequest, secrets: readonly string[]): BinRequestAnswer {
  const { number, receivedAt, method, path, query, headers, body } = request;
  const text = textOf(body);
  const verdict = judgeSignature(request, secrets);
  return {
    number,
    received_at: receivedAt.toISOString(),
    method,
    path,
    query,
    headers: headers.map(([name, value]) => [name, value]),
    body: text ?? body.toString("base64"),
    body_encoding: text === undefined ? "base64" : "utf-8",
    signature: secrets.length === 0 && verdict !== "missing" ? null : verdict,
  };
}

/** Undefined for bytes that are not text. */
function textOf(body: Buffer): string | undefined {
  const text = body.toString();
  return Buffer.from(text).equals(body) ? text : undefined;
}
