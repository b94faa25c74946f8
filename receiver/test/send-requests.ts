import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ReceiverProcess } from "./receiver-process.ts";
import { type ExpectedRequest, expectedRequests, signedRequest, xmlEvent } from "./requests.ts";

/** How receivers differ, which depends on the web server of their language. */
export interface ReceiverLimits {
  /** The status for a body without a declared length. `undefined` if the server waits for its end. */
  readonly unknownLength: 411 | 413 | undefined;
  /** False if the server reads the whole body before the program gets the request. */
  readonly refusesByHeaders: boolean;
}

/** The reactions of a receiver by request: a status, or the lines that it printed. */
type Answers = Readonly<Record<string, number | boolean | readonly string[] | undefined>>;

/** One byte more than every receiver accepts. */
const tooLong = 10 * 1024 * 1024 + 1;

/** Sends all requests of the table and some broken ones to a receiver. Returns its answers, and the right ones. */
export async function sendRequests(
  receiver: ReceiverProcess,
  limits: ReceiverLimits,
): Promise<{ readonly answers: Answers; readonly right: Answers }> {
  const port = await receiver.listening();
  const requests = expectedRequests();
  const lines = ["account 30 created by developer:21", ...requests.flatMap(({ prints }) => prints ?? [])];
  const right = {
    ...rightAfterLeavingSender,
    "a long body": 413,
    "a long body of unknown length": limits.unknownLength,
    "GET is a success": false,
    ...Object.fromEntries(requests.map(({ title, status }) => [title, status])),
    lines,
  };

  // Occupies a connection during all others.
  await using _slow = await openSlow(port);
  const afterLeavingSender = await sendAfterLeavingSender(receiver);
  const longBodies = {
    "a long body": await statusOf(await openLong(port, limits)),
    "a long body of unknown length": limits.unknownLength && (await statusOf(await openEndless(port, limits))),
    "GET is a success": (await fetch(`http://127.0.0.1:${port}/webhooks`)).ok,
  };
  const statuses: [string, number][] = [];
  for (const request of requests) statuses.push([request.title, await post(port, request)]);
  const printed = await receiver.printed(lines.length);
  return { answers: { ...afterLeavingSender, ...longBodies, ...Object.fromEntries(statuses), lines: printed }, right };
}

export const rightAfterLeavingSender: Answers = { "no body": 401, "the first event": 200 };

/** Leaves before and within a body, and then sends two requests, of which the second is an event. */
export async function sendAfterLeavingSender(receiver: ReceiverProcess): Promise<Answers> {
  const port = await receiver.listening();
  for (const sent of ["", "<event>"]) {
    const leaving = await openSlow(port, sent);
    leaving.destroy();
    await once(leaving, "close");
  }
  const { headers, body } = signedRequest({ id: "first", body: xmlEvent("30") });
  const noBody = await post(port, { headers, body: Buffer.alloc(0) });
  return { "no body": noBody, "the first event": await post(port, { headers, body }) };
}

/** Returns the status for a body that does not end, or `undefined` if the receiver closes the connection. */
export const statusOfSlowRequest = async (port: number): Promise<number | undefined> => statusOf(await openSlow(port));

/** Headers of requests whose bodies never come, so they need no signature. */
const brokenHeaders = { "webhook-id": "broken", "webhook-timestamp": "1", "webhook-signature": "v1," };

const openSlow = (port: number, sent = "<event>"): Promise<Socket> =>
  open(port, { ...brokenHeaders, "content-length": "1000" }, sent);

const openLong = (port: number, { refusesByHeaders }: ReceiverLimits): Promise<Socket> => {
  const headers = { ...brokenHeaders, "content-length": String(tooLong) };
  return open(port, headers, Buffer.alloc(refusesByHeaders ? 0 : tooLong));
};

const openEndless = (port: number, { unknownLength }: ReceiverLimits): Promise<Socket> => {
  const chunks = `${tooLong.toString(16)}\r\n${" ".repeat(tooLong)}\r\n1\r\n`;
  return open(port, { ...brokenHeaders, "transfer-encoding": "chunked" }, unknownLength === 411 ? "" : chunks);
};

async function post(port: number, { headers, body }: Pick<ExpectedRequest, "headers" | "body">): Promise<number> {
  const request = { method: "POST", headers, body: new Uint8Array(body) };
  const response = await fetch(`http://127.0.0.1:${port}/webhooks`, request);
  await response.text();
  return response.status;
}

async function open(
  port: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer = "",
): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  // Receivers may close the connection before they got everything.
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const lines = Object.entries({ host: "localhost", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /webhooks HTTP/1.1\r\n${lines.join("")}\r\n`);
  socket.write(body);
  return socket;
}

/** Returns the status in the response, and ends the connection. */
async function statusOf(socket: Socket): Promise<number | undefined> {
  let received = "";
  for await (const chunk of socket) {
    received += String(chunk);
    if (received.includes("\r\n")) break;
  }
  const status = /^HTTP\/1\.[01] (\d+)/.exec(received)?.[1];
  return status === undefined ? undefined : Number(status);
}
