import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { test } from "../../test/support/test.ts";
import { createEncryption, verifyKeys } from "./encryption.ts";

const [first, second] = [randomBytes(32), randomBytes(32)];

test("a wrong key stops the start, and a new key beside the old one does not", async ({ database }) => {
  await verifyKeys(database, createEncryption([first]));
  await verifyKeys(database, createEncryption([first]));

  await expect(verifyKeys(database, createEncryption([second]))).rejects.toThrow(
    "was encrypted with another BELLWIRE_SECRET_KEY",
  );
  await verifyKeys(database, createEncryption([second, first]));
});

test("a key in use cannot be removed while values encrypted with it may exist", async ({ database }) => {
  await verifyKeys(database, createEncryption([first]));
  await verifyKeys(database, createEncryption([second, first]));

  await expect(verifyKeys(database, createEncryption([second]))).rejects.toThrow("Give that key too");
});
