import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text as textOfStream } from "node:stream/consumers";
import { expect, test } from "vitest";

const key = Buffer.alloc(32, 5);
const secret = `whsec_${key.toString("base64")}`;
const body =
  "<event><action>created</action><type>account</type><object><account><id>31</id></account></object></event>";

const signed = (id: string, signedBody: string): Record<string, string> => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const hmac = createHmac("sha256", key).update(`${id}.${timestamp}.${signedBody}`).digest("base64");
  return {
    "content-type": "application/xml",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${hmac}`,
    "bellwire-attempt": "1",
    "bellwire-event-type": "account.created",
    "bellwire-event-time": new Date().toISOString(),
    "bellwire-sequence": "1",
    "bellwire-actor": "developer:21",
    "bellwire-channel": "developer_portal",
  };
};

const examples = globSync("*.ts", { cwd: import.meta.dirname, exclude: ["*.test.ts"] });

test.each(examples.flatMap((file) => ["", "whsec_", "whsec_AAAA"].map((unusable) => [file, unusable] as const)))(
  "the example %s exits with an error for the unusable secret '%s'",
  { timeout: 30_000 },
  async (file, unusable) => {
    const example = spawn(process.execPath, ["--conditions=bellwire-source", join(import.meta.dirname, file)], {
      env: { PATH: process.env["PATH"], PORT: "0", ...(unusable !== "" && { BELLWIRE_WEBHOOK_SECRET: unusable }) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    try {
      const [output, errors, [code]] = await Promise.all([
        textOfStream(example.stdout),
        textOfStream(example.stderr),
        once(example, "exit"),
      ]);
      expect({ output, code }).toEqual({ output: "", code: 1 });
      expect(errors).toContain("InvalidSecret: The signing secret ");
    } finally {
      example.kill();
    }
  },
);

/** Returns the port in the first line of an example. */
const portOf = (listening: string): number => Number(/port: (\d+)/.exec(listening)?.[1]);

test.each(examples)(
  "the example %s processes each signed event once and rejects unsigned or invalid requests",
  { timeout: 30_000 },
  async (file) => {
    const example = spawn(process.execPath, ["--conditions=bellwire-source", join(import.meta.dirname, file)], {
      env: { ...process.env, PORT: "0", BELLWIRE_WEBHOOK_SECRET: secret },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const lines: string[] = [];
      const reader = createInterface(example.stdout).on("line", (line) => lines.push(line));
      const [listening] = await once(reader, "line");
      const url = `http://127.0.0.1:${portOf(listening)}/webhooks`;
      const post = async (headers: Record<string, string>, sent = body): Promise<number> =>
        (await fetch(url, { method: "POST", headers, body: sent })).status;

      expect(await post(signed("1", body))).toBe(200);
      expect(await post(signed("1", body))).toBe(200);
      expect(await post(signed("2", `${body} `))).toBe(401);
      expect(await post({ "content-type": "application/xml" })).toBe(401);
      expect(await post(signed("3", "<event/>"), "<event/>")).toBe(422);
      expect(await post({ ...signed("5", "<event/>"), "bellwire-test": "true" }, "<event/>")).toBe(422);
      expect(await post({ ...signed("6", body), "bellwire-event-type": "" })).toBe(422);
      expect(await post(signed("4", body))).toBe(200);
      await expect.poll(() => lines.slice(1)).toEqual(Array(2).fill("account 31 created by developer:21"));
    } finally {
      example.kill();
    }
  },
);

test.each(examples)("the example %s exits with an error if its port is taken", { timeout: 30_000 }, async (file) => {
  const other = createServer().listen(0, "127.0.0.1");
  try {
    await once(other, "listening");
    const address = other.address();
    const port = address !== null && typeof address === "object" ? String(address.port) : "";
    const example = spawn(process.execPath, ["--conditions=bellwire-source", join(import.meta.dirname, file)], {
      env: { ...process.env, PORT: port, BELLWIRE_WEBHOOK_SECRET: secret },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [output, errors, [code]] = await Promise.all([
      textOfStream(example.stdout),
      textOfStream(example.stderr),
      once(example, "exit"),
    ]);
    expect({ output, code }).toEqual({ output: "", code: 1 });
    expect(errors).toContain("EADDRINUSE");
  } finally {
    other.close();
  }
});

/** The receiver of the guide, listening on a free port, which it prints as the examples do. */
function receiverOfGuide(): string {
  const guide = readFileSync(new URL("../../docs/guides/receive.md", import.meta.url), "utf8");
  const [, program = ""] = /cat > receiver\.mjs <<'EOF_OF_FILE'\n([\s\S]*?)EOF_OF_FILE/.exec(guide) ?? [];
  return program
    .replace("listen(4000", "listen(0")
    .replace('() => console.log("listening")', 'function () { console.log("listening on", this.address()); }');
}

async function open(port: number, request: readonly string[]): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(`POST /webhooks HTTP/1.1\r\nhost: localhost\r\n${request.join("\r\n")}`);
  return socket;
}

test.each([...examples, "the guide"])(
  "%s survives a sender that leaves within the body, and refuses a request without one",
  { timeout: 30_000 },
  async (name) => {
    const program =
      name === "the guide" ? ["--input-type=module", "--eval", receiverOfGuide()] : [join(import.meta.dirname, name)];
    const example = spawn(process.execPath, ["--conditions=bellwire-source", ...program], {
      cwd: import.meta.dirname,
      env: { ...process.env, PORT: "0", BELLWIRE_WEBHOOK_SECRET: secret },
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [listening] = await once(createInterface(example.stdout), "line");
      const port = portOf(listening);
      const leaving = await open(port, ["content-length: 100", "", "<event>"]);
      leaving.destroy();
      await once(leaving, "close");

      const headers = Object.entries(signed("1", body)).map(([field, value]) => `${field}: ${value}`);
      const empty = await open(port, [...headers, "connection: close", "", ""]);
      expect(await textOfStream(empty)).toMatch(/^HTTP\/1.1 401 /);
      const request = { method: "POST", headers: signed("1", body), body };
      expect((await fetch(`http://127.0.0.1:${port}/webhooks`, request)).status).toBe(200);
    } finally {
      example.kill();
    }
  },
);
