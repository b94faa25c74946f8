import type { Database } from "#platform/database/database.ts";
import { type Bin, type BinRequest, findSameSignature, readBinRequestBody } from "#request-bin/index.ts";
import { type SignatureCheck, type SigningSecret, checkSignature } from "#webhooks/attempts/index.ts";

/**
 * Checks the signature of a bin request with the secrets of the endpoints that point to the bin, and explains a failure. A body
 * that is listed in part is read whole for it.
 */
export async function checkBinSignature(
  db: Database,
  { providerId, id: binId }: Pick<Bin, "providerId" | "id">,
  { request, secrets }: { readonly request: BinRequest; readonly secrets: readonly SigningSecret[] },
): Promise<SignatureCheck> {
  const { headers, number, receivedAt } = request;
  const listed = checkSignature({ headers, body: request.body, receivedAt }, secrets);
  if (listed.verdict === "missing" || listed.verdict === null) return listed;
  const isWhole = request.bodyBytes === request.body.length;
  const body = isWhole ? request.body : await readBinRequestBody(db, { providerId, binId, number });
  if (!body) return listed; // deleted meanwhile
  const check = isWhole ? listed : checkSignature({ headers, body, receivedAt }, secrets);
  if (check.reason !== "mismatch") return check;
  const signature = headers.find(([name]) => name.toLowerCase() === "webhook-signature")?.[1] ?? "";
  const other = await findSameSignature(db, { providerId, binId }, { number, signature });
  return other ? checkSignature({ headers, body, receivedAt }, secrets, other) : check;
}
