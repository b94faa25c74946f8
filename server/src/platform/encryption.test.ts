import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { UndecryptableValue, createEncryption } from "./encryption.ts";

const [older, newer, foreign] = [randomBytes(32), randomBytes(32), randomBytes(32)];

test("what was encrypted comes back, and looks different each time", () => {
  const encryption = createEncryption([newer]);
  const [one, other] = [
    encryption.encrypt("url", "https://example.com/ä"),
    encryption.encrypt("url", "https://example.com/ä"),
  ];
  expect(one.equals(other)).toBe(false);
  expect(encryption.decrypt("url", one)).toBe("https://example.com/ä");
  expect(encryption.decrypt("url", encryption.encrypt("url", ""))).toBe("");
});

test("a new key in front encrypts, and what the old one encrypted is still read", () => {
  const before = createEncryption([older]).encrypt("url", "x");
  const both = createEncryption([newer, older]);
  expect(both.decrypt("url", before)).toBe("x");
  expect(createEncryption([newer]).decrypt("url", both.encrypt("url", "y"))).toBe("y");
});

test("a key that is not there is named as the reason", () => {
  const cipher = createEncryption([foreign]).encrypt("url", "x");
  expect(() => createEncryption([newer, older]).decrypt("url", cipher)).toThrow(
    "was encrypted with another BELLWIRE_SECRET_KEY",
  );
});

test("what was encrypted for one purpose cannot be read for another", () => {
  const encryption = createEncryption([newer]);
  expect(() => encryption.decrypt("secret", encryption.encrypt("url", "x"))).toThrow(
    "was altered since it was encrypted",
  );
});

test("no byte of a ciphertext can be changed unnoticed", () => {
  const encryption = createEncryption([newer]);
  const cipher = encryption.encrypt("url", "x");
  for (const at of cipher.keys()) {
    const changed = Buffer.from(cipher);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => encryption.decrypt("url", changed)).toThrow(UndecryptableValue);
  }
  expect(() => encryption.decrypt("url", cipher.subarray(0, 21))).toThrow(UndecryptableValue);
});

test("a value that an older key encrypted is encrypted again with the newest, and only once", () => {
  const before = createEncryption([older]).encrypt("url", "x");
  const both = createEncryption([newer, older]);
  const again = both.reencrypt("url", before);
  expect(again && createEncryption([newer]).decrypt("url", again)).toBe("x");
  expect(again && both.reencrypt("url", again)).toBeNull();
});
