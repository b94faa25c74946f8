import { createSocket, type RemoteInfo } from "node:dgram";
import { isIPv6 } from "node:net";

/** How a name server answers a query. A list holds addresses of both families; only the requested family is sent. */
export type NameAnswer =
  | { readonly addresses: readonly string[]; readonly ttlSeconds: number }
  | "no-such-name"
  | "server-failure"
  | "silence";

export interface NameServer extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** Every query so far, as `name A` or `name AAAA`. */
  readonly questions: readonly string[];
}

const types: Readonly<Record<number, "A" | "AAAA">> = { 1: "A", 28: "AAAA" };
const responseCodes = { "no-such-name": 3, "server-failure": 2 } as const;

/** A name server on loopback (RFC 1035, one question per message) that answers by `answerTo`. */
export async function startNameServer(answerTo: (name: string, type: "A" | "AAAA") => NameAnswer): Promise<NameServer> {
  const questions: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (message: Buffer, from: RemoteInfo) => {
    const question = readQuestion(message);
    if (!question) return;
    questions.push(`${question.name} ${question.type}`);
    const answer = answerTo(question.name, question.type);
    if (answer !== "silence") socket.send(writeAnswer(message, question, answer), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

interface Question {
  readonly name: string;
  readonly type: "A" | "AAAA";
  /** Returns the end of the question section. */
  readonly end: number;
}

const headerBytes = 12;

function readQuestion(message: Buffer): Question | undefined {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = types[message.readUInt16BE(at + 1)];
  return type && { name: labels.join(".").toLowerCase(), type, end: at + 5 };
}

function writeAnswer(message: Buffer, { type, end }: Question, answer: Exclude<NameAnswer, "silence">): Buffer {
  const reply = Buffer.from(message.subarray(0, end));
  const records = typeof answer === "string" ? [] : recordsOf(answer, type);
  reply.writeUInt16BE(0x8180 | (typeof answer === "string" ? responseCodes[answer] : 0), 2);
  reply.writeUInt16BE(records.length, 6);
  reply.writeUInt32BE(0, 8);
  return Buffer.concat([reply, ...records]);
}

function recordsOf({ addresses, ttlSeconds }: Exclude<NameAnswer, string>, type: "A" | "AAAA"): readonly Buffer[] {
  return addresses
    .filter((address) => isIPv6(address) === (type === "AAAA"))
    .map((address) => {
      const data = type === "A" ? Buffer.from(address.split(".").map(Number)) : ipv6Bytes(address);
      const head = Buffer.from([0xc0, headerBytes, 0, type === "A" ? 1 : 28, 0, 1, 0, 0, 0, 0, 0, data.length]);
      head.writeUInt32BE(ttlSeconds, 6);
      return Buffer.concat([head, data]);
    });
}

function ipv6Bytes(address: string): Buffer {
  const [before = "", after] = address.split("::");
  const groups = (text: string): readonly string[] => (text === "" ? [] : text.split(":"));
  const [first, last] = [groups(before), groups(after ?? "")];
  const gap = Array.from({ length: 8 - first.length - last.length }, () => "0");
  return Buffer.from([...first, ...gap, ...last].map((group) => group.padStart(4, "0")).join(""), "hex");
}
