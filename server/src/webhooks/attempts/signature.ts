import { createHmac, createSecretKey, type Hmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import { indentJson } from "#platform/document.ts";
import type { SigningSecret } from "#webhooks/endpoints/index.ts";

/** Signed content (https://www.standardwebhooks.com): `id.timestamp.body`. */
export interface SignedContent {
  readonly id: string;
  /** Unix time in seconds, as text or number. */
  readonly timestamp: string | number;
  readonly body: Uint8Array;
}

/** Enough for every endpoint of a large installation; a key takes some 200 bytes. */
const keysMax = 10_000;

/** Signs with HMAC-SHA256 and caches the keys of secrets. */
export class Signer {
  readonly #keys = new Map<string, KeyObject>();

  /** Returns one signature per secret, separated by spaces, so that a receiver with any of them can verify. */
  sign(content: SignedContent, secrets: readonly string[]): string {
    return secrets.map((secret) => signatureOf(content, this.#keyOf(secret))).join(" ");
  }

  #keyOf(secret: string): KeyObject {
    const known = this.#keys.get(secret);
    if (known) return known;
    if (this.#keys.size === keysMax) this.#keys.clear();
    const key = createSecretKey(bytesOfSecret(secret));
    this.#keys.set(secret, key);
    return key;
  }
}

/**
 * Returns true if one of the signatures was made with one of the secrets. Does not check the timestamp. Compares the text, as
 * receivers do: they refuse base64 for URLs or without padding.
 */
export function verifySignature(content: SignedContent, signatures: string, secrets: readonly string[]): boolean {
  const received = signatures.split(" ").map((part) => Buffer.from(part));
  return secrets.some((secret) => {
    const right = Buffer.from(signatureOf(content, bytesOfSecret(secret)));
    return received.some((candidate) => isSame(candidate, right));
  });
}

const signatureOf = ({ id, timestamp, body }: SignedContent, key: KeyObject | Buffer): string =>
  `v1,${hmac(key, `${id}.${timestamp}.`, body).digest("base64")}`;

export const signatureReasons = [
  "headers-missing",
  "no-endpoint",
  "too-many-secrets",
  "signature-unreadable",
  "timestamp-unreadable",
  "timestamp-too-old",
  "timestamp-in-future",
  "secret-expired",
  "secret-not-decoded",
  "signature-as-hex",
  "content-incomplete",
  "body-altered",
  "timestamp-altered",
  "id-altered",
  "mismatch",
] as const;

/** The result of a receiver that has the secrets, with an explanation. */
export interface SignatureCheck {
  /** Null: signed, but no endpoint points to the receiver, so there is no secret to check with, or too many do to try all of their secrets. */
  readonly verdict: "valid" | "invalid" | "missing" | null;
  /** Null for a signature that every receiver accepts. A valid one may have a timestamp that receivers refuse. */
  readonly reason: (typeof signatureReasons)[number] | null;
  /** Explains the verdict to the developer of a sender or receiver. */
  readonly sentence: string;
  /** The endpoint whose secret signed. */
  readonly endpointId: number | null;
}

export interface SignedRequest {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** Receivers refuse timestamps further from their own time (https://www.standardwebhooks.com). */
const toleranceSeconds = 300;

/** Bounds the work on requests of strangers: secrets tried (80 ms with a body of 1 MiB), and those and the body that explain a mismatch. */
const secretsMax = binLimits.signatureSecrets.max;
const [explainedSecretsMax, explainedBytesMax] = [20, 64 * 1024];

/**
 * Checks a signature as a receiver does and explains a failure. `sameSignature` is another request with the same signature,
 * which shows the part that was altered.
 */
export function checkSignature(
  { headers, body, receivedAt }: SignedRequest & { readonly receivedAt: Date },
  allSecrets: readonly SigningSecret[],
  sameSignature?: SignedRequest,
): SignatureCheck {
  const signed = contentOf({ headers, body });
  if (signed.missing.length > 0) {
    const isUnsigned = signed.missing.length === signedHeaders.length;
    return isUnsigned
      ? unsigned
      : because("missing", "headers-missing", `Not signed: ${signed.missing.join(" and ")} missing.`);
  }
  if (allSecrets.length === 0) return unchecked;
  const { content, signatures } = signed;
  const secrets = allSecrets.slice(0, secretsMax);
  const signer = secrets.find(({ secret }) => verifySignature(content, signatures, [secret]));
  if (signer) return checkValidity(signer, content, receivedAt);
  if (!hasReadableSignature(signatures)) {
    return explainUnreadable(content, signatures, secrets);
  }
  const mistake =
    body.byteLength > explainedBytesMax
      ? undefined
      : explainMismatch({ content, signatures, secrets: secrets.slice(0, explainedSecretsMax), sameSignature });
  return mistake ?? (secrets.length < allSecrets.length ? tooMany(allSecrets.length) : mismatch(secrets));
}

const signedHeaders = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

function contentOf({ headers, body }: SignedRequest) {
  const header = (name: string): string => headers.find(([headerName]) => headerName.toLowerCase() === name)?.[1] ?? "";
  const [id, timestamp, signatures] = [header("webhook-id"), header("webhook-timestamp"), header("webhook-signature")];
  const missing = signedHeaders.filter((name) => header(name) === "");
  return { content: { id, timestamp, body } satisfies SignedContent, signatures, missing };
}

const because = (
  verdict: SignatureCheck["verdict"],
  reason: SignatureCheck["reason"],
  sentence: string,
  endpointId: number | null = null,
): SignatureCheck => ({ verdict, reason, sentence, endpointId });

const unsigned = because("missing", "headers-missing", "Not signed: no webhook-signature header.");
const unchecked = because(
  null,
  "no-endpoint",
  "Not checked: no endpoint points to this bin, so there is no secret to check with.",
);

/** A signature that matches may still be refused: for its age, or because its secret has expired. */
function checkValidity(signer: SigningSecret, { timestamp }: SignedContent, receivedAt: Date): SignatureCheck {
  const { endpointId, endpointName, validUntil } = signer;
  const by = `Signed with the ${validUntil ? "previous " : ""}secret of ${endpointName}`;
  if (validUntil && validUntil < receivedAt) {
    return because("invalid", "secret-expired", `${by}, which expired at ${validUntil.toISOString()}.`, endpointId);
  }
  if (!/^\d{1,12}$/.test(String(timestamp))) {
    const sentence = `${by}, but webhook-timestamp is not a number of seconds, so receivers refuse it.`;
    return because("invalid", "timestamp-unreadable", sentence, endpointId);
  }
  const ageSeconds = Math.round(receivedAt.getTime() / 1000 - Number(timestamp));
  if (Math.abs(ageSeconds) <= toleranceSeconds) return because("valid", null, `${by}.`, endpointId);
  const [reason, side] =
    ageSeconds > 0 ? (["timestamp-too-old", "before"] as const) : (["timestamp-in-future", "after"] as const);
  const distance = duration(Math.abs(ageSeconds));
  const sentence = `${by}, but its timestamp is ${distance} ${side} the arrival. Receivers allow ${toleranceSeconds / 60} min.`;
  return because("valid", reason, sentence, endpointId);
}

function duration(seconds: number): string {
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`;
}

const tooMany = (count: number): SignatureCheck =>
  because(
    null,
    "too-many-secrets",
    `Not checked: endpoints that point to this bin have ${count} secrets. The first ${secretsMax} were tried, and none of them signed it.`,
  );

const mismatch = (secrets: readonly SigningSecret[]): SignatureCheck => {
  const names = [...new Set(secrets.map(({ endpointName }) => endpointName))];
  const others = names.length - namesMax;
  const named = `${names.slice(0, namesMax).join(", ")}${others > 0 ? ` and ${others} others` : ""}`;
  const sentence = `Does not match the secret of ${named}: the sender has another secret, or changed the body, id or timestamp after signing.`;
  return because("invalid", "mismatch", sentence);
};

/** Endpoints that a sentence names. */
const namesMax = 20;

/** 32 bytes. */
const readableSignature = /^v1,[A-Za-z0-9+/]{43}=$/;

const hasReadableSignature = (signatures: string): boolean =>
  signatures.split(" ").some((part) => readableSignature.test(part));

function explainUnreadable(
  { id, timestamp, body }: SignedContent,
  signatures: string,
  secrets: readonly SigningSecret[],
): SignatureCheck {
  const hex = /\b[0-9a-f]{64}\b/i.exec(signatures)?.[0];
  const signer = secrets.find(
    ({ secret }) =>
      hex && isSame(hmac(bytesOfSecret(secret), `${id}.${timestamp}.`, body).digest(), Buffer.from(hex, "hex")),
  );
  return signer
    ? because(
        "invalid",
        "signature-as-hex",
        `Made with the secret of ${signer.endpointName}, but written as hexadecimal. Write v1, and base64.`,
        signer.endpointId,
      )
    : because("invalid", "signature-unreadable", "webhook-signature has no v1, with 32 bytes in base64.");
}

interface Mismatch {
  readonly content: SignedContent;
  readonly signatures: string;
  readonly secrets: readonly SigningSecret[];
  readonly sameSignature: SignedRequest | undefined;
}

type Explanation = readonly [reason: NonNullable<SignatureCheck["reason"]>, sentence: string];

/** Tries the usual mistakes of senders, and changes on the way. Returns undefined if none of them explains the signature. */
function explainMismatch({ content, signatures, secrets, sameSignature }: Mismatch): SignatureCheck | undefined {
  const other = sameSignature && alteredPart(content, contentOf(sameSignature).content);
  if (other) return because("invalid", ...other);
  const received = signatures
    .split(" ")
    .flatMap((part) => (part.startsWith("v1,") ? [Buffer.from(part.slice(3), "base64")] : []));
  const isGiven = (signed: Signed): boolean => {
    const expected = hmac(...signed).digest();
    return received.some((candidate) => isSame(candidate, expected));
  };
  for (const signer of secrets) {
    for (const [signed, ...explanation] of mistakesOf(signer, content)) {
      if (signed.some((candidate) => isGiven(candidate))) return because("invalid", ...explanation, signer.endpointId);
    }
  }
  return undefined;
}

/** Content that may have been signed by mistake: key, text before the body, and body. */
type Signed = readonly [key: Buffer, prefix: string, body: Uint8Array];

/** Returns what would have been signed by the usual mistakes, each with its explanation. */
function* mistakesOf(
  { secret, endpointName }: SigningSecret,
  { id, timestamp, body }: SignedContent,
): Generator<readonly [signed: readonly Signed[], ...Explanation]> {
  const key = bytesOfSecret(secret);
  const prefix = `${id}.${timestamp}.`;
  yield [
    [secret, withoutPrefix(secret)].map((text) => [Buffer.from(text), prefix, body] as const),
    "secret-not-decoded",
    `The sender used the secret of ${endpointName} as text. Decode the base64 after whsec_ first.`,
  ];
  yield [
    ["", `${timestamp}.`, `${id}.`].map((text) => [key, text, body] as const),
    "content-incomplete",
    "The signature leaves out the id or the timestamp. Sign webhook-id, webhook-timestamp and body, joined by dots.",
  ];
  for (const [change, altered] of bodyVariants(body)) {
    yield [[[key, prefix, altered]], "body-altered", `The body was altered after signing: ${change}.`];
  }
  yield [
    [Math.floor(Number(timestamp) / 1000), `${timestamp}000`].map((time) => [key, `${id}.${time}.`, body] as const),
    "timestamp-altered",
    "The signed timestamp and webhook-timestamp differ: one is in seconds, the other in milliseconds.",
  ];
  yield [
    ["", id.trim().toLowerCase()].map((otherId) => [key, `${otherId}.${timestamp}.`, body] as const),
    "id-altered",
    "The signature was made with another id than webhook-id.",
  ];
}

/** Compares with a request that has the same signature: the differing part was altered, in one of the two. */
function alteredPart(content: SignedContent, other: SignedContent): Explanation | undefined {
  if (!isSame(Buffer.from(content.body), Buffer.from(other.body)))
    return ["body-altered", "The body was altered: another request has the same signature with another body."];
  if (content.id !== other.id)
    return ["id-altered", `webhook-id was altered: another request has the same signature with the id ${other.id}.`];
  if (content.timestamp !== other.timestamp)
    return [
      "timestamp-altered",
      `webhook-timestamp was altered: another request has the same signature with ${other.timestamp}.`,
    ];
  return undefined;
}

/** Returns bodies that usual changes turn into the received one. */
function* bodyVariants(body: Uint8Array): Generator<readonly [change: string, altered: Uint8Array]> {
  const text = Buffer.from(body).toString();
  yield ["it was emptied", Buffer.alloc(0)];
  yield ["a line break was added at its end", Buffer.from(text.replace(/\r?\n$/, ""))];
  yield ["the line break at its end was removed", Buffer.from(`${text}\n`)];
  yield ["its line breaks were changed", Buffer.from(text.replaceAll("\r\n", "\n"))];
  yield ["its line breaks were changed", Buffer.from(text.replaceAll(/\r?\n/g, "\r\n"))];
  if (indentJson(text) === undefined) return; // no JSON, or so deep that its indentation would exhaust the stack or the memory
  const value: unknown = JSON.parse(text);
  for (const indent of [0, 2, 4])
    yield ["its JSON was written in another form", Buffer.from(JSON.stringify(value, null, indent))];
}

const withoutPrefix = (secret: string): string => secret.replace(/^whsec_/, "");
const bytesOfSecret = (secret: string): Buffer => Buffer.from(withoutPrefix(secret), "base64");
const hmac = (key: KeyObject | Buffer, prefix: string, body: Uint8Array): Hmac =>
  createHmac("sha256", key).update(prefix).update(body);
const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
