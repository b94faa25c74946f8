import { createHmac, timingSafeEqual } from "node:crypto";
import { requireSecrets } from "./secrets.ts";

export interface WebhookToVerify {
  /** The header `webhook-id`. */
  readonly id: string | undefined;
  /** The header `webhook-timestamp`. */
  readonly timestamp: string | undefined;
  /** The header `webhook-signature`. */
  readonly signature: string | undefined;
  /** The received bytes. Parsing and serializing would change them. */
  readonly body: Uint8Array;
  /** The endpoint's secrets, `whsec_…`: base64 of at least 24 bytes. Pass both during a rotation. */
  readonly secrets: readonly string[];
  /** Maximum difference of the clocks, and so the maximum age of a replayed request. */
  readonly toleranceSeconds?: number;
  readonly now?: Date;
}

/** The reason why a request is not trusted. */
export type Distrust = "header-missing" | "timestamp-unreadable" | "too-old" | "too-new" | "signature-wrong";

export type Verdict = { readonly trusted: true } | { readonly trusted: false; readonly because: Distrust };

/**
 * Verifies that the request was signed recently with one of the secrets, in constant time. Throws `InvalidSecret` if there
 * is no secret, or one is empty, short or not base64, because anybody can sign with an empty key.
 */
export function verifyWebhook(webhook: WebhookToVerify): Verdict {
  const { id, timestamp, signature, body, secrets, toleranceSeconds = 300, now = new Date() } = webhook;
  const keys = requireSecrets(secrets);
  if (!id || !timestamp || !signature) return distrusted("header-missing");
  if (!/^\d{1,12}$/.test(timestamp)) return distrusted("timestamp-unreadable");
  const ageSeconds = now.getTime() / 1000 - Number(timestamp);
  // So written, an age or tolerance that is not a number trusts nothing.
  if (!(ageSeconds <= toleranceSeconds)) return distrusted("too-old");
  if (!(ageSeconds >= -toleranceSeconds)) return distrusted("too-new");

  const signatures = signature.split(" ").filter((part) => part.startsWith("v1,"));
  const isRight = keys
    .map((key) => signatureOf(`${id}.${timestamp}.`, body, key))
    .some((right) => signatures.filter((candidate) => isSame(Buffer.from(candidate), right)).length > 0);
  return isRight ? { trusted: true } : distrusted("signature-wrong");
}

const distrusted = (because: Distrust): Verdict => ({ trusted: false, because });

function signatureOf(head: string, body: Uint8Array, key: Uint8Array): Buffer {
  return Buffer.from(`v1,${createHmac("sha256", key).update(head).update(body).digest("base64")}`);
}

const isSame = (one: Buffer, other: Buffer): boolean => one.length === other.length && timingSafeEqual(one, other);
