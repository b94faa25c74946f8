import { expect, test } from "vitest";
import vectors from "../test-vectors/signatures.json" with { type: "json" };
import { verifyWebhook, type WebhookToVerify } from "./verify-webhook.ts";

const [first] = vectors;
if (!first) throw new Error("There are no vectors.");
const { says: _says, body, timestamp, ...rest } = first;
const sentAt = new Date(Number(timestamp) * 1000);
const good: WebhookToVerify = { ...rest, timestamp, body: Buffer.from(body), now: sentAt };
const later = (seconds: number): Date => new Date(sentAt.getTime() + seconds * 1000);

test.each(vectors)("$says is trusted", ({ says: _, body: text, ...vector }) => {
  const now = new Date(Number(vector.timestamp) * 1000);
  expect(verifyWebhook({ ...vector, body: Buffer.from(text), now })).toEqual({ trusted: true });
});

test.each(vectors)("$says is trusted by who knows only one of its secrets", ({ says: _, body: text, secrets, ...vector }) => {
  const now = new Date(Number(vector.timestamp) * 1000);
  for (const secret of secrets) {
    expect(verifyWebhook({ ...vector, secrets: [secret], body: Buffer.from(text), now })).toEqual({ trusted: true });
  }
});

test.each([
  ["another body", { body: Buffer.from(`${body} `) }, "signature-wrong"],
  ["another id", { id: "msg_p5jXN8AQM9LWM0D4loKWxJel" }, "signature-wrong"],
  ["another time", { timestamp: String(Number(timestamp) + 1) }, "signature-wrong"],
  ["another secret", { secrets: ["whsec_c2VjcmV0"] }, "signature-wrong"],
  ["no secret", { secrets: [] }, "signature-wrong"],
  ["a signature of another version", { signature: first.signature.replace("v1,", "v2,") }, "signature-wrong"],
  ["half a signature", { signature: first.signature.slice(0, 20) }, "signature-wrong"],
  ["no signature", { signature: undefined }, "header-missing"],
  ["no id", { id: "" }, "header-missing"],
  ["no time", { timestamp: undefined }, "header-missing"],
  ["a time in words", { timestamp: "today" }, "timestamp-unreadable"],
  ["a request that was recorded and is sent again", { now: later(301) }, "too-old"],
  ["a request from the future", { now: later(-301) }, "too-new"],
  ["a request older than a stricter tolerance", { now: later(11), toleranceSeconds: 10 }, "too-old"],
] as const)("%s is not trusted", (_what, change, because) => {
  expect(verifyWebhook({ ...good, ...change })).toEqual({ trusted: false, because });
});

test("clocks may be five minutes apart", () => {
  expect(verifyWebhook({ ...good, now: later(299) })).toEqual({ trusted: true });
  expect(verifyWebhook({ ...good, now: later(-299) })).toEqual({ trusted: true });
});
