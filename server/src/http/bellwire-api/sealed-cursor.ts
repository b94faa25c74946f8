import type { Encryption } from "#platform/encryption.ts";

const purpose = "cursor";

/**
 * Cursors that hold a number which grows with what every provider does, such as that of a transaction: encrypted, so that a
 * provider can neither read the number nor ask about another one. A cursor is good for its provider only.
 */
export interface CursorSeal {
  seal(providerId: number, cursor: string): string;
  /** Returns undefined for a text that is not one of this provider's cursors. */
  open(providerId: number, sealed: string): string | undefined;
}

export function createCursorSeal(encryption: Encryption): CursorSeal {
  return {
    seal: (providerId, cursor) => encryption.encrypt(purpose, `${providerId} ${cursor}`).toString("base64url"),
    open(providerId, sealed) {
      const opened = decrypt(encryption, sealed);
      const head = `${providerId} `;
      return opened?.startsWith(head) ? opened.slice(head.length) : undefined;
    },
  };
}

/** Texts of other bytes than base64url's are refused: Buffer skips them, so that many texts would be one cursor. */
function decrypt(encryption: Encryption, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.toString("base64url") !== sealed) return undefined;
  try {
    return encryption.decrypt(purpose, bytes);
  } catch {
    return undefined; // another key, or not ours
  }
}
