import { expect, test } from "vitest";
import vectors from "../test-vectors/signatures.json" with { type: "json" };
import { verifyWebhook } from "./verify-webhook.ts";

const toVerify = ({ id, timestamp, signature, secrets, body }: (typeof vectors)[number]) => ({
  id,
  timestamp,
  signature,
  secrets,
  body: Buffer.from(body),
  now: new Date(Number(timestamp) * 1000),
});

const [first] = vectors;
if (!first) throw new Error("There are no vectors.");
const { body, timestamp } = first;
const good = toVerify(first);
const later = (seconds: number): Date => new Date(good.now.getTime() + seconds * 1000);

test.each(vectors)("$says is trusted", (vector) => {
  expect(verifyWebhook(toVerify(vector))).toEqual({ trusted: true });
});

test.each(vectors)("$says is trusted by who knows only one of its secrets", (vector) => {
  for (const secret of vector.secrets) {
    expect(verifyWebhook({ ...toVerify(vector), secrets: [secret] })).toEqual({ trusted: true });
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
