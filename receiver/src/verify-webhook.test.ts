import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import vectors from "../test-vectors/signatures.json" with { type: "json" };
import { InvalidSecret, readSecrets } from "./secrets.ts";
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
if (!first) throw new Error("The test vectors are missing.");
const { body, timestamp } = first;
const good = toVerify(first);
const later = (seconds: number): Date => new Date(good.now.getTime() + seconds * 1000);

test.each(vectors)("$description is trusted", (vector) => {
  expect(verifyWebhook(toVerify(vector))).toEqual({ trusted: true });
});

test.each(vectors)("$description is trusted with only one of its secrets", (vector) => {
  for (const secret of vector.secrets) {
    expect(verifyWebhook({ ...toVerify(vector), secrets: [secret] })).toEqual({ trusted: true });
  }
});

test.each([
  ["another body", { body: Buffer.from(`${body} `) }, "signature-wrong"],
  ["another id", { id: "msg_p5jXN8AQM9LWM0D4loKWxJel" }, "signature-wrong"],
  ["another time", { timestamp: String(Number(timestamp) + 1) }, "signature-wrong"],
  ["another secret", { secrets: [`whsec_${Buffer.alloc(24, 9).toString("base64")}`] }, "signature-wrong"],
  ["a signature of another version", { signature: first.signature.replace("v1,", "v2,") }, "signature-wrong"],
  ["half a signature", { signature: first.signature.slice(0, 20) }, "signature-wrong"],
  ["no signature", { signature: undefined }, "header-missing"],
  ["no id", { id: "" }, "header-missing"],
  ["no time", { timestamp: undefined }, "header-missing"],
  ["a time that is not a number", { timestamp: "today" }, "timestamp-unreadable"],
  ["a recorded request that is sent again after more than five minutes", { now: later(301) }, "too-old"],
  ["a request from the future", { now: later(-301) }, "too-new"],
  ["any request, with a tolerance that is not a number,", { toleranceSeconds: Number.NaN }, "too-old"],
  ["any request, at a time that is not valid,", { now: new Date("yesterday") }, "too-old"],
  ["a request older than a stricter tolerance", { now: later(11), toleranceSeconds: 10 }, "too-old"],
] as const)("%s is not trusted", (_case, change, because) => {
  expect(verifyWebhook({ ...good, ...change })).toEqual({ trusted: false, because });
});

test("clocks may differ by five minutes", () => {
  expect(verifyWebhook({ ...good, now: later(300) })).toEqual({ trusted: true });
  expect(verifyWebhook({ ...good, now: later(-300) })).toEqual({ trusted: true });
});

test.each([
  ["no secret", []],
  ["an empty secret", [""]],
  ["a secret that is only its prefix", ["whsec_"]],
  ["an empty secret beside the right one", [...good.secrets, ""]],
  ["a short secret", [`whsec_${Buffer.alloc(23, 1).toString("base64")}`]],
  ["a secret in hex with a sign", ["whsec_0x0123456789abcdef0123456789abcdef0123456789abcdef"]],
  ["a secret that lost its last character", [good.secrets[0]?.slice(0, -1) ?? ""]],
  ["a placeholder", ["whsec_…"]],
] as const)("%s throws InvalidSecret, even for a request signed with that secret", (_case, secrets) => {
  const key = Buffer.from((secrets[0] ?? "").replace(/^whsec_/, ""), "base64");
  const hmac = createHmac("sha256", key).update(`${good.id}.${timestamp}.`).update(body).digest("base64");
  expect(() => verifyWebhook({ ...good, signature: `v1,${hmac}`, secrets })).toThrow(InvalidSecret);
  expect(() => verifyWebhook({ ...good, signature: undefined, secrets })).toThrow(InvalidSecret);
  expect(() => readSecrets(secrets.join(","))).toThrow(InvalidSecret);
});

test("secrets are read from an environment variable, and a missing one is rejected", () => {
  const [secret = ""] = good.secrets;
  const newer = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
  expect(readSecrets(`${newer}, ${secret}\n`)).toEqual([newer, secret]);
  expect(() => readSecrets(undefined)).toThrow("The signing secret is empty.");
  expect(() => readSecrets("hunter2")).toThrow(/^(?!.*hunter2).*not base64/);
});
