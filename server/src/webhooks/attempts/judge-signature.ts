import { verifySignature } from "./sign-request.ts";

export type SignatureVerdict = "valid" | "invalid" | "missing";

export interface SignedRequest {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** What a receiver that knows the secrets would find. The age of the request is not judged: it may have been kept. */
export function judgeSignature({ headers, body }: SignedRequest, secrets: readonly string[]): SignatureVerdict {
  const header = (name: string): string => headers.find(([its]) => its.toLowerCase() === name)?.[1] ?? "";
  const id = header("webhook-id");
  const timestamp = header("webhook-timestamp");
  const signature = header("webhook-signature");
  if (id === "" || timestamp === "" || signature === "") return "missing";
  return verifySignature({ id, timestamp, body }, signature, secrets) ? "valid" : "invalid";
}
