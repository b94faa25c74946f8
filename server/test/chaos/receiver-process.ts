/** Runs the receivers in a separate process, which no fault kills. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Random } from "../simulation/random.ts";
import { endpoints, erratic } from "./endpoints.ts";
import { findAccountId, findMarker, wallMs, type ReceivedRequest } from "./received-request.ts";

type RecordedRequest = { -readonly [Key in keyof ReceivedRequest]: ReceivedRequest[Key] };

const random = new Random(Number(process.argv[2]));
let isWell = false;
const recorded: RecordedRequest[] = [];

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => answer(request, response, Buffer.concat(chunks)));
});

function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const path = request.url?.slice(1) ?? "";
  const endpoint = [...endpoints, erratic].find(({ name }) => name === path.split("/").at(-1));
  if (!endpoint) return void response.writeHead(404).end();
  const reply = isWell ? ({ kind: "answer", status: 200, afterMs: 0 } as const) : endpoint.reply(random);
  const observed = record(request, path, body);
  response.on("close", () => (observed.endedAtMs ??= wallMs()));
  if (reply.kind === "hang") return;
  if (reply.kind === "reset") {
    observed.isReset = true;
    return void request.socket.resetAndDestroy();
  }
  observed.retryAfterSeconds = reply.retryAfterSeconds ?? 0;
  response.on("finish", () => {
    observed.status = reply.status;
    observed.endedAtMs = wallMs();
  });
  const headers = reply.retryAfterSeconds === undefined ? {} : { "retry-after": String(reply.retryAfterSeconds) };
  setTimeout(() => response.writeHead(reply.status, headers).end(), reply.afterMs);
}

function record(request: IncomingMessage, endpoint: string, body: Buffer): RecordedRequest {
  const header = (name: string): string => String(request.headers[name] ?? "");
  const eventType = header("bellwire-event-type");
  const observed: RecordedRequest = {
    endpoint,
    eventId: header("webhook-id"),
    eventType,
    attempt: Number(header("bellwire-attempt")),
    accountId: findAccountId(body.toString()),
    sequence: Number(header("bellwire-sequence")),
    marker: findMarker(eventType, body.toString()),
    bodyHash: createHash("sha256").update(body).digest("base64"),
    atMs: wallMs(),
    endedAtMs: undefined,
    status: undefined,
    retryAfterSeconds: 0,
    isReset: false,
  };
  recorded.push(observed);
  return observed;
}

/** Returns the recorded requests from a number on, up to the size of one message. */
process.on("message", (message: number | "well") => {
  if (message === "well") isWell = true;
  else process.send?.(recorded.slice(message, message + 5000));
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.(typeof address === "object" ? address?.port : undefined);
});
