import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import vectors from "../../../../receiver/test-vectors/signatures.json" with { type: "json" };
import { processorMsOf } from "../../../test/support/processor-ms.ts";
import type { SigningSecret } from "#webhooks/endpoints/index.ts";
import { checkSignature, Signer } from "./signature.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const id = "msg_1";
const receivedAt = new Date("2026-02-03T04:05:06Z");
const timestamp = receivedAt.getTime() / 1000;
const body = Buffer.from('{"a": 1, "b": [2]}\n');

const crm: SigningSecret = { secret, endpointId: 5, endpointName: "crm", validUntil: null };

interface Sent {
  readonly id?: string;
  readonly timestamp?: string | number;
  readonly signature?: string;
  readonly body?: Buffer;
}

const sign = (content: { id: string; timestamp: string | number; body: Buffer }, by = secret): string =>
  new Signer().sign(content, [by]);

/** A request that is signed correctly, except for the given parts. */
const requestOf = ({ signature = sign({ id, timestamp, body }), ...sent }: Sent = {}) => ({
  headers: [
    ["Webhook-Id", sent.id ?? id],
    ["Webhook-Timestamp", String(sent.timestamp ?? timestamp)],
    ["Webhook-Signature", signature],
  ] as const,
  body: sent.body ?? body,
  receivedAt,
});

const keyed = (key: Buffer, text: string): string => createHmac("sha256", key).update(text).digest("base64");
const key = Buffer.from(secret.slice("whsec_".length), "base64");
const text = body.toString();

test.each(vectors)("$description is valid regardless of its age and the case of its headers", (vector) => {
  const request = requestOf({ ...vector, body: Buffer.from(vector.body) });
  const secrets = vector.secrets.map((value) => ({ ...crm, secret: value }));
  expect(checkSignature(request, secrets)).toMatchObject({ verdict: "valid", endpointId: 5 });
  expect(checkSignature(request, [{ ...crm, secret: "whsec_c2VjcmV0" }])).toMatchObject({ verdict: "invalid" });
});

test("a valid check names the endpoint of the secret and marks a previous secret", () => {
  const other = { ...crm, secret: "whsec_AAAA", endpointName: "erp", endpointId: 6 };
  expect(checkSignature(requestOf(), [other, crm])).toEqual({
    verdict: "valid",
    reason: null,
    sentence: "Signed with the secret of crm.",
    endpointId: 5,
  });
  const previous = { ...crm, validUntil: new Date(receivedAt.getTime() + 1) };
  expect(checkSignature(requestOf(), [previous]).sentence).toBe("Signed with the previous secret of crm.");
});

test.each([
  ["timestamp-too-old", 301, "valid", "5 min before the arrival"],
  ["timestamp-in-future", -7200, "valid", "2 h after the arrival"],
  [null, 300, "valid", "secret of crm."],
] as const)(
  "a valid signature has the timestamp finding %s at an age of %i s",
  (reason, ageSeconds, verdict, sentence) => {
    const sent = { timestamp: timestamp - ageSeconds };
    const signature = sign({ id, body, ...sent });
    const check = checkSignature(requestOf({ ...sent, signature }), [crm]);
    expect(check).toMatchObject({ reason, verdict, sentence: expect.stringContaining(sentence) });
  },
);

const urlSafe = (signature: string): string => signature.replaceAll("+", "-").replaceAll("/", "_");

const failures: readonly (readonly [reason: string, sentence: string, sent: Sent])[] = [
  ["signature-unreadable", "32 bytes in base64", { signature: "v1,abc" }],
  ["signature-unreadable", "32 bytes in base64", { signature: "sha256=abc" }],
  ["signature-unreadable", "32 bytes in base64", { signature: sign({ id, timestamp, body }).replace("=", "") }],
  [
    "signature-unreadable",
    "32 bytes in base64",
    { signature: urlSafe(sign({ id: "msg_2", timestamp, body })), id: "msg_2" },
  ],
  [
    "timestamp-unreadable",
    "not a number of seconds",
    { timestamp: "soon", signature: sign({ id, timestamp: "soon", body }) },
  ],
  ["secret-not-decoded", "as text", { signature: `v1,${keyed(Buffer.from(secret), `${id}.${timestamp}.${text}`)}` }],
  [
    "secret-not-decoded",
    "as text",
    { signature: `v1,${keyed(Buffer.from(secret.slice(6)), `${id}.${timestamp}.${text}`)}` },
  ],
  [
    "signature-as-hex",
    "hexadecimal",
    { signature: `v1,${Buffer.from(keyed(key, `${id}.${timestamp}.${text}`), "base64").toString("hex")}` },
  ],
  ["content-incomplete", "leaves out", { signature: `v1,${keyed(key, text)}` }],
  ["content-incomplete", "leaves out", { signature: `v1,${keyed(key, `${timestamp}.${text}`)}` }],
  ["body-altered", "line break at its end was removed", { body: Buffer.from(text.trimEnd()) }],
  [
    "body-altered",
    "line break was added",
    { body: Buffer.from("x\n"), signature: sign({ id, timestamp, body: Buffer.from("x") }) },
  ],
  [
    "body-altered",
    "line breaks were changed",
    { body: Buffer.from("a\r\nb"), signature: sign({ id, timestamp, body: Buffer.from("a\nb") }) },
  ],
  ["body-altered", "another form", { signature: sign({ id, timestamp, body: Buffer.from('{"a":1,"b":[2]}') }) }],
  ["body-altered", "emptied", { signature: sign({ id, timestamp, body: Buffer.alloc(0) }) }],
  ["timestamp-altered", "milliseconds", { timestamp: `${timestamp}000`, signature: sign({ id, timestamp, body }) }],
  ["id-altered", "another id", { id: "MSG_1", signature: sign({ id: "msg_1", timestamp, body }) }],
  ["mismatch", "the secret of crm", { signature: sign({ id, timestamp, body }, "whsec_AAAA") }],
];

test.each(failures)("%s: the explanation contains %o", (reason, sentence, sent) => {
  const check = checkSignature(requestOf(sent), [crm]);
  expect(check).toMatchObject({ verdict: "invalid", reason, sentence: expect.stringContaining(sentence) });
});

test.each([
  ["body-altered", { body: Buffer.from("{}") }],
  ["id-altered", { id: "msg_2" }],
  ["timestamp-altered", { timestamp: timestamp + 1 }],
] as const)("comparison with another request of the same signature detects %s", (reason, sent) => {
  expect(checkSignature(requestOf(sent), [crm], requestOf())).toMatchObject({ verdict: "invalid", reason });
});

test("a signature with a secret that had expired on arrival is invalid", () => {
  const expired = { ...crm, validUntil: new Date(receivedAt.getTime() - 1) };
  expect(checkSignature(requestOf(), [expired])).toMatchObject({ verdict: "invalid", reason: "secret-expired" });
});

test("a request without a signature header counts as unsigned, and one without known secrets is not checked", () => {
  for (const index of [0, 1, 2]) {
    const { headers, ...request } = requestOf();
    const check = checkSignature({ ...request, headers: headers.filter((_, at) => at !== index) }, [crm]);
    expect(check).toMatchObject({ verdict: "missing", reason: "headers-missing" });
    expect(check.sentence).toMatch(/^Not signed: webhook-\w+ missing\.$/);
  }
  const check = checkSignature({ headers: [], body, receivedAt }, []);
  expect(check).toMatchObject({ verdict: "missing", sentence: "Not signed: no webhook-signature header." });
  expect(checkSignature(requestOf(), [])).toMatchObject({ verdict: null, reason: "no-endpoint" });
});

const others = (count: number): readonly SigningSecret[] =>
  Array.from({ length: count }, (_, at) => ({ ...crm, secret: "whsec_AAAA", endpointName: `other-${at}` }));

test("a signature is checked with 100 secrets, and counts as not checked if none of them made it and there are more", () => {
  expect(checkSignature(requestOf(), [...others(99), crm]).verdict).toBe("valid");
  expect(checkSignature(requestOf(), [...others(100), crm])).toEqual({
    verdict: null,
    reason: "too-many-secrets",
    sentence:
      "Not checked: endpoints that point to this bin have 101 secrets. The first 100 were tried, and none of them signed it.",
    endpointId: null,
  });
  expect(checkSignature(requestOf({ signature: "v1,abc" }), [...others(100), crm]).reason).toBe("signature-unreadable");
  const { verdict, reason, sentence } = checkSignature(requestOf(), others(100));
  expect([verdict, reason]).toEqual(["invalid", "mismatch"]);
  expect(sentence).toContain("other-19 and 80 others");
});

test("the explanation of a mismatch is limited to 20 secrets and bodies of 64 KiB", () => {
  const reasonOf = (bytes: number, secrets: readonly SigningSecret[] = [crm]) => {
    const signature = sign({ id, timestamp, body: Buffer.alloc(0) });
    return checkSignature(requestOf({ signature, body: Buffer.alloc(bytes, "x") }), secrets).reason;
  };
  expect([reasonOf(64 * 1024), reasonOf(64 * 1024 + 1)]).toEqual(["body-altered", "mismatch"]);
  expect([reasonOf(1, [...others(19), crm]), reasonOf(1, [...others(20), crm])]).toEqual(["body-altered", "mismatch"]);
});

test.each([4000, 32_000])(
  "a wrong signature of JSON that is nested %i deep is a mismatch, at no great cost",
  (depth) => {
    const sent = { body: Buffer.from("[".repeat(depth) + "]".repeat(depth)), signature: sign({ id, timestamp, body }) };
    expect(processorMsOf(() => expect(checkSignature(requestOf(sent), [crm]).reason).toBe("mismatch"))).toBeLessThan(
      100,
    );
  },
);
