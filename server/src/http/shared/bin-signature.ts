import type { Database } from "#platform/database/database.ts";
import { type Bin, type BinRequest, readBinRequestBody } from "#request-bin/index.ts";
import { type SignatureVerdict, judgeSignature } from "#webhooks/attempts/index.ts";

/**
 * Verifies the signature of a bin request with the secrets of the endpoints that point to the bin. A body that is listed in part
 * is read whole for it. Returns null for a signed request while no endpoint points to the bin.
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
