import type { Database } from "#platform/database/database.ts";
import { type Bin, type BinRequest, readBinRequestBody } from "#request-bin/index.ts";
import { type SignatureVerdict, judgeSignature } from "#webhooks/attempts/index.ts";

/**
 * Judges the signature with the secrets of the endpoints that point to the bin, over the whole body: one that is listed in
 * part is read for it, one at a time. `null`: it is signed, and no endpoint points here.
 */
export async function verifyBinRequest(
  db: Database,
  { providerId, id }: Pick<Bin, "providerId" | "id">,
  { request, secrets }: { readonly request: BinRequest; readonly secrets: readonly string[] },
): Promise<SignatureVerdict | null> {
  const verdict = judgeSignature(request, secrets);
  if (verdict === "missing") return verdict;
  if (secrets.length === 0) return null;
  if (request.bodyBytes === request.body.length) return verdict;
  const body = await readBinRequestBody(db, { providerId, binId: id, number: request.number });
  return body ? judgeSignature({ headers: request.headers, body }, secrets) : verdict;
}
