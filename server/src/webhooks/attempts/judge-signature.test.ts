import { expect, test } from "vitest";
import vectors from "../../../../receiver/test-vectors/signatures.json" with { type: "json" };
import { judgeSignature } from "./judge-signature.ts";

const requestOf = ({ id, timestamp, signature, body }: (typeof vectors)[number]) => ({
  headers: [
    ["Webhook-Id", id],
    ["Webhook-Timestamp", timestamp],
    ["Webhook-Signature", signature],
  ] as const,
  body: Buffer.from(body),
});

test.each(vectors)("$says is valid, however old it is and however its headers are spelt", (vector) => {
  expect(judgeSignature(requestOf(vector), vector.secrets)).toBe("valid");
});

test.each(vectors)("$says is invalid to who knows another secret", (vector) => {
  expect(judgeSignature(requestOf(vector), ["whsec_c2VjcmV0"])).toBe("invalid");
});

test.each([0, 1, 2])("without one of its headers a signature is missing", (index) => {
  for (const vector of vectors) {
    const request = requestOf(vector);
    const headers = request.headers.filter((_header, at) => at !== index);
    expect(judgeSignature({ ...request, headers }, vector.secrets)).toBe("missing");
  }
});
