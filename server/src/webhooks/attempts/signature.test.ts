import fc from "fast-check";
import { expect, test } from "vitest";
import vectors from "../../../../receiver/test-vectors/signatures.json" with { type: "json" };
import { Signer, verifySignature } from "./signature.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const content = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1_614_265_330,
  body: Buffer.from('{"test": 2432232314}'),
};

test.each(vectors)(
  "$description has the signature of the published test vector",
  ({ body, secrets, signature, ...vector }) => {
    expect(new Signer().sign({ ...vector, body: Buffer.from(body) }, secrets)).toBe(signature);
  },
);

test("during a rotation both secrets sign, the newest first", () => {
  const newer = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
  const signer = new Signer();
  const signatures = signer.sign(content, [newer, secret]);
  expect(signatures.split(" ")).toEqual([signer.sign(content, [newer]), signer.sign(content, [secret])]);
  expect(verifySignature(content, signatures, [secret])).toBe(true);
  expect(verifySignature(content, signatures, [newer])).toBe(true);
});

test("a signature verifies only with the signed body and timestamp", () => {
  const signer = new Signer();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.uuid({ version: 7 }), fc.nat(), (body, id, at) => {
      const signatures = signer.sign({ id, timestamp: 1_790_000_000, body }, [secret]);
      expect(verifySignature({ id, timestamp: "1790000000", body }, signatures, [secret])).toBe(true);
      const changed = Uint8Array.from(body, (byte, index) => (index === at % body.length ? byte ^ 1 : byte));
      expect(verifySignature({ id, timestamp: "1790000000", body: changed }, signatures, [secret])).toBe(false);
      expect(verifySignature({ id, timestamp: "1790000001", body }, signatures, [secret])).toBe(false);
    }),
  );
});

test.each([
  "",
  "v1,",
  "v1",
  "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  "v1,g0hM9SsE",
  "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
])("the invalid signature header %o does not verify", (signatures) => {
  expect(verifySignature(content, signatures, [secret])).toBe(false);
});

test("no signature verifies without a secret", () => {
  expect(verifySignature(content, new Signer().sign(content, [secret]), [])).toBe(false);
});
