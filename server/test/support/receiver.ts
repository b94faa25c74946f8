import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

/** A response: a status, none, or a function of the test. */
export type Answer = number | "hang" | ((response: ServerResponse, request: ReceivedRequest) => void);

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  /** Applies from the next request on. */
  answer(answer: Answer): void;
}

/** An HTTP server that records its requests. Answers 200 by default. */
export async function startReceiver(first: Answer = 200): Promise<Receiver> {
  const received: ReceivedRequest[] = [];
  let next = first;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const recorded = { path: request.url ?? "", headers: request.headers, body, atMs: performance.now() };
      received.push(recorded);
      respond(next, response, recorded);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}/hook`,
    received,
    answer: (answer) => {
      next = answer;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function respond(answer: Answer, response: ServerResponse, request: ReceivedRequest): void {
  if (answer === "hang") return;
  if (typeof answer === "number") response.writeHead(answer).end();
  else answer(response, request);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}
