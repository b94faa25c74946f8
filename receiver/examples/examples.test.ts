import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import vectors from "../test-vectors/signatures.json" with { type: "json" };
import { ReceiverProcess } from "../test/receiver-process.ts";
import { secretsText, signatureOf } from "../test/requests.ts";
import { rightAfterLeavingSender, sendAfterLeavingSender, sendRequests } from "../test/send-requests.ts";

const timeout = 30_000;
const examples = globSync("*.ts", { cwd: import.meta.dirname, exclude: ["*.test.ts"] });

/** Starts an example, or a program in the text of a guide. */
const start = (name: string, { secrets = secretsText, port = 0 } = {}): ReceiverProcess => {
  const program =
    name === "the guide" ? ["--input-type=module", "--eval", receiverOfGuide()] : [join(import.meta.dirname, name)];
  const command = [process.execPath, "--conditions=bellwire-source", ...program] as const;
  return new ReceiverProcess({ command, cwd: import.meta.dirname, secrets, port });
};

/** The receiver of the guide, listening on a free port, which it prints as the examples do. */
function receiverOfGuide(): string {
  const guide = readFileSync(new URL("../../docs/guides/receive.md", import.meta.url), "utf8");
  const [, program = ""] = /cat > receiver\.mjs <<'EOF_OF_FILE'\n([\s\S]*?)EOF_OF_FILE/.exec(guide) ?? [];
  return program
    .replace("listen(4000", "listen(0")
    .replace('() => console.log("listening")', 'function () { console.log("listening on", this.address()); }');
}

test.each(vectors)("the requests of these tests are signed as in the test vectors: $description", (vector) => {
  const signatures = vector.secrets.map((secret) => {
    const key = Buffer.from(secret.replace("whsec_", ""), "base64");
    return signatureOf(key, vector.id, vector.timestamp, Buffer.from(vector.body));
  });
  expect(signatures.join(" ")).toBe(vector.signature);
});

test.each(examples)(
  "the example %s processes each signed event once and refuses all other requests",
  { timeout },
  async (name) => {
    await using receiver = start(name);
    // Express answers once the body has ended.
    const isAtEnd = name === "express.ts";
    const limits = { unknownLength: isAtEnd ? undefined : 413, refusesByHeaders: !isAtEnd } as const;
    const { answers, right } = await sendRequests(receiver, limits);
    expect(answers).toEqual(right);
  },
);

test(
  "the guide's receiver survives a sender that leaves within the body, and refuses a request without one",
  { timeout },
  async () => {
    await using receiver = start("the guide");
    expect(await sendAfterLeavingSender(receiver)).toEqual(rightAfterLeavingSender);
  },
);

// Which secrets are unusable is a test of the library.
test.each(examples)("the example %s exits with an error for an unusable secret", { timeout }, async (name) => {
  await using receiver = start(name, { secrets: "whsec_" });
  expect(await receiver.ended).toBe(1);
  expect(receiver.errors).toContain("InvalidSecret: The signing secret ");
  expect(receiver.output).toBe("");
});

test.each(examples)("the example %s exits with an error if its port is taken", { timeout }, async (name) => {
  const other = createServer().listen(0, "127.0.0.1");
  try {
    await once(other, "listening");
    const address = other.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    await using receiver = start(name, { port });
    expect(await receiver.ended).toBe(1);
    expect(receiver.errors).toContain("EADDRINUSE");
    expect(receiver.output).toBe("");
  } finally {
    other.close();
  }
});
