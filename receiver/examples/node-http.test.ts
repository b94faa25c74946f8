import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const key = Buffer.alloc(32, 5);
const body = "<event/>";

const signed = (id: string, signedBody = body): Record<string, string> => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const hmac = createHmac("sha256", key).update(`${id}.${timestamp}.${signedBody}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${hmac}`,
    "bellwire-attempt": "1",
    "bellwire-event-type": "account.created",
    "bellwire-event-time": new Date().toISOString(),
    "bellwire-actor": "developer:21",
  };
};

test("the example takes what is signed, once, and nothing else", async () => {
  const secret = `whsec_${key.toString("base64")}`;
  const example = spawn(process.execPath, [fileURLToPath(new URL("node-http.ts", import.meta.url))], {
    env: { ...process.env, PORT: "0", BELLWIRE_WEBHOOK_SECRET: secret },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines: string[] = [];
    const reader = createInterface(example.stdout).on("line", (line) => lines.push(line));
    const [listening] = await once(reader, "line");
    const url = `http://127.0.0.1:${/port: (\d+)/.exec(listening)?.[1]}`;
    const post = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(url, { method: "POST", headers, body })).status;

    expect(await post(signed("1"))).toBe(200);
    expect(await post(signed("1"))).toBe(200);
    expect(await post(signed("2", "<other/>"))).toBe(401);
    expect(await post({})).toBe(401);
    expect(await post(signed("3"))).toBe(200);
    await expect.poll(() => lines.slice(1)).toEqual(Array(2).fill("account.created by developer:21: 8 bytes"));
  } finally {
    example.kill();
  }
});
