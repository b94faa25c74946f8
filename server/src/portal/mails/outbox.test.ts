import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import { TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { buildAuthority, type IssuedCertificate } from "../../../test/support/build-certificates.ts";
import { AddressRefused, openMailer } from "./outbox.ts";

const mail = {
  from: { name: "Acme, Inc.", address: "hello@acme.example" },
  to: "nora@fjord.example",
  replyTo: "help@acme.example",
  subject: "Välkommen\r\nBcc: all@fjord.example",
  key: "1.2.3",
  text: "Open this link:\n\nhttps://acme.example/activate/abc\n",
};

const answers: Readonly<Record<string, string>> = {
  EHLO: "250 mail.example",
  MAIL: "250 fine",
  RCPT: "250 fine",
  DATA: "354 go on",
  QUIT: "221 bye",
};

/** Starts a minimal mail server that records the commands it receives. With a certificate, STARTTLS can be answered with 220. */
async function startMailServer(
  overrides: Readonly<Record<string, string>> = {},
  certificate?: IssuedCertificate,
): Promise<{ url: string; received: string[] }> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const converse = (socket: Socket): void => {
    sockets.add(socket);
    let isData = false;
    let rest = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      const lines = (rest + chunk.toString()).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        received.push(line);
        if (isData && line !== ".") continue;
        isData = line.startsWith("DATA");
        socket.write(`${{ ...answers, ...overrides }[line.slice(0, 4)] ?? "250 taken"}\r\n`);
        if (line !== "STARTTLS" || !certificate) continue;
        socket.removeAllListeners("data");
        converse(new TLSSocket(socket, { isServer: true, ...certificate }));
      }
    });
  };
  const server: Server = createServer((socket) => {
    socket.write("220 mail.example\r\n");
    converse(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { url: `smtp://127.0.0.1:${typeof address === "object" ? address?.port : 0}`, received };
}

test("an email reaches the mail server, and its names and subject cannot add headers", async () => {
  const { url, received } = await startMailServer();
  using mailer = await openMailer(url);
  await mailer.send(mail);
  expect(received).toContain("MAIL FROM:<hello@acme.example>");
  expect(received.filter((line) => line.startsWith("RCPT"))).toEqual(["RCPT TO:<nora@fjord.example>"]);
  expect(received).toContain('From: "Acme, Inc." <hello@acme.example>');
  expect(received).toContain("Reply-To: help@acme.example");
  expect(received).toContain("https://acme.example/activate/abc");
  expect(received).toContain("Message-ID: <1.2.3@acme.example>");
  expect(received).toContain("Auto-Submitted: auto-generated");
  expect(received.filter((line) => line.startsWith("Bcc"))).toEqual([]);
});

test("a name in a subject cannot pretend to be encoded, and show another text", async () => {
  const { url, received } = await startMailServer();
  using mailer = await openMailer(url);
  await mailer.send({ ...mail, subject: "Acme: join =?utf-8?q?=E2=80=AEwww=2Eevil=2Eexample?=" });
  const words = received.flatMap((line) => Array.from(line.matchAll(/=\?UTF-8\?Q\?([^?]*)\?=/g), ([, word]) => word));
  const shown = decodeURIComponent(words.join("").replaceAll("_", " ").replaceAll("=", "%"));
  expect(shown).toBe("Acme: join =\u2060?utf-8?q?=E2=80=AEwww=2Eevil=2Eexample?=");
});

test("an email refused by the mail server rejects with the server's response", async () => {
  const { url } = await startMailServer({ RCPT: "550 no such person here" });
  using mailer = await openMailer(url);
  await expect(mailer.send(mail)).rejects.toThrow("550 no such person here");
});

test("a mail server that never completes its answer, but goes on sending, is given up", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write("220-");
    const trickle = setInterval(() => socket.write("wait "), 20);
    socket.on("close", () => clearInterval(trickle));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  using mailer = await openMailer(`smtp://127.0.0.1:${typeof address === "object" ? address?.port : 0}`, 300);
  await expect(mailer.send(mail)).rejects.toThrow("aborted");
});

test.for([
  [{ RCPT: "550 5.1.1 no such person here" }, true],
  [{ RCPT: "550-5.1.1 no such\r\n550 5.1.1 person here" }, true],
  [{ ".": "550 5.2.1 the mailbox is closed" }, true],
  [{ RCPT: "550 No such user here" }, true],
  [{ RCPT: "550 Unrouteable address" }, true],
  [{ RCPT: "550-Verification failed for <nora@fjord.example>\r\n550 The mailbox does not exist" }, true],
  [{ RCPT: "550 relay not permitted" }, false],
  [{ RCPT: "550 5.7.1 relaying denied" }, false],
  [{ RCPT: "550 5.7.1 the sender's address is unknown" }, false],
  [{ RCPT: "450 no such user in the cache, try again" }, false],
  [{ MAIL: "550 unknown user" }, false],
  [{ ".": "550 unknown user in the header From" }, false],
  [{ RCPT: "550 relaying of 5.1.1 denied" }, false],
  [{ RCPT: "450 4.1.1 try again" }, false],
  [{ RCPT: "452 4.2.2 the mailbox is full" }, false],
  [{ MAIL: "553 5.1.8 the sender's domain does not exist" }, false],
  [{ ".": "554 5.7.1 that looks like spam" }, false],
] as const)(
  "a reply is final only if it says that the address cannot receive mails: %j",
  async ([overrides, isFinal]) => {
    const { url } = await startMailServer(overrides);
    using mailer = await openMailer(url);
    const error: unknown = await mailer.send(mail).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof AddressRefused).toBe(isFinal);
  },
);

test("percent signs of a password that encode nothing are kept", async () => {
  const { url, received } = await startMailServer({ EHLO: "250 AUTH PLAIN", AUTH: "235 fine" });
  using mailer = await openMailer(url.replace("//", "//us%65r:50%zz%21@"));
  await mailer.send(mail);
  const credentials = Buffer.from("\u0000user\u000050%zz!").toString("base64");
  expect(received).toContain(`AUTH PLAIN ${credentials}`);
});

test("with requireTLS nothing is sent to a mail server that offers no encryption", async () => {
  const { url, received } = await startMailServer({ STAR: "502 not here" });
  using mailer = await openMailer(`${url.replace("//", "//user:secret@")}?requireTLS=true`);
  await expect(mailer.send(mail)).rejects.toThrow("STARTTLS");
  expect(received.filter((line) => /^(?:AUTH|MAIL|RCPT)/.test(line))).toEqual([]);
});

test.for([
  ["//", "", true],
  ["//", "?requireTLS=true", false],
  ["//user:secret@", "", false],
] as const)(
  "a certificate that nobody vouches for is accepted only where clear text would do, and no password is sent: %j",
  async ([start, end, isSent]) => {
    const certificate = buildAuthority().issue({ names: ["mail.example"] });
    const overrides = { EHLO: "250-STARTTLS\r\n250 AUTH PLAIN", STAR: "220 go on", AUTH: "235 fine" };
    const { url, received } = await startMailServer(overrides, certificate);
    using mailer = await openMailer(`${url.replace("//", start)}${end}`);
    const error: unknown = await mailer.send(mail).catch((reason: unknown) => reason);
    expect([received.includes("STARTTLS"), error === undefined]).toEqual([true, isSent]);
    expect(received.some((line) => /^(?:AUTH|MAIL|RCPT)/.test(line))).toBe(isSent);
  },
);
