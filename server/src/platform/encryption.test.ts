import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { UndecryptableValue, createEncryption } from "./encryption.ts";

const [older, newer, foreign] = [randomBytes(32), randomBytes(32), randomBytes(32)];

test("an encrypted value decrypts unchanged, and its ciphertext differs each time", () => {
  const encryption = createEncryption([newer]);
  const [one, other] = [
    encryption.encrypt("url", "https://example.com/ä"),
    encryption.encrypt("url", "https://example.com/ä"),
  ];
  expect(one.equals(other)).toBe(false);
  expect(encryption.decrypt("url", one)).toBe("https://example.com/ä");
  expect(encryption.decrypt("url", encryption.encrypt("url", ""))).toBe("");
});

test("the first key encrypts, and values of an older key are still decrypted", () => {
  const before = createEncryption([older]).encrypt("url", "x");
  const both = createEncryption([newer, older]);
  expect(both.decrypt("url", before)).toBe("x");
  expect(createEncryption([newer]).decrypt("url", both.encrypt("url", "y"))).toBe("y");
});

test("a decryption without the right key reports another BELLWIRE_SECRET_KEY as the cause", () => {
  const cipher = createEncryption([foreign]).encrypt("url", "x");
  expect(() => createEncryption([newer, older]).decrypt("url", cipher)).toThrow(
    "was encrypted with another BELLWIRE_SECRET_KEY",
  );
});

test("a value encrypted for one purpose cannot be decrypted for another", () => {
  const encryption = createEncryption([newer]);
  expect(() => encryption.decrypt("secret", encryption.encrypt("url", "x"))).toThrow(
    "was altered since it was encrypted",
  );
});

test("a ciphertext with any changed or missing byte is refused", () => {
  const encryption = createEncryption([newer]);
  const cipher = encryption.encrypt("url", "x");
  for (const at of cipher.keys()) {
    const changed = Buffer.from(cipher);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => encryption.decrypt("url", changed)).toThrow(UndecryptableValue);
  }
  expect(() => encryption.decrypt("url", cipher.subarray(0, 21))).toThrow(UndecryptableValue);
});

test("a value of an older key is re-encrypted with the newest key, and only once", () => {
  const before = createEncryption([older]).encrypt("url", "x");
  const both = createEncryption([newer, older]);
  const again = both.reencrypt("url", before);
  expect(again && createEncryption([newer]).decrypt("url", again)).toBe("x");
  expect(again && both.reencrypt("url", again)).toBeNull();
});
