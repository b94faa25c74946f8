/** The smallest key that Standard Webhooks allows. */
const keyBytesMin = 24;

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** An unusable signing secret: missing, too short or not base64. The message never contains the secret. */
export class InvalidSecret extends Error {
  override readonly name = "InvalidSecret";
}

/**
 * Reads signing secrets as an environment variable holds them: one, or several separated by commas. Throws `InvalidSecret`
 * unless each of them is usable, so that a receiver without a secret fails when it starts.
 */
export function readSecrets(text: string | undefined): readonly string[] {
  const secrets = (text ?? "").split(",").map((secret) => secret.trim());
  requireSecrets(secrets);
  return secrets;
}

/** Returns the HMAC keys of `secrets`. Throws `InvalidSecret` if there is none, or if one of them is not usable. */
export function requireSecrets(secrets: readonly string[]): readonly Uint8Array[] {
  if (secrets.length === 0) throw new InvalidSecret("There is no signing secret. Give the endpoint's secret, whsec_….");
  return secrets.map(keyOfSecret);
}

function keyOfSecret(secret: string): Uint8Array {
  if (typeof secret !== "string" || secret === "")
    throw new InvalidSecret("The signing secret is empty. Give the endpoint's secret, whsec_….");
  const encoded = secret.replace(/^whsec_/, "");
  if (!base64.test(encoded))
    throw new InvalidSecret("The signing secret is not base64. Copy it whole from the endpoint's page, whsec_….");
  const key = Buffer.from(encoded, "base64");
  if (key.length < keyBytesMin)
    throw new InvalidSecret(`The signing secret has ${key.length} bytes; at least ${keyBytesMin} are required.`);
  return key;
}
