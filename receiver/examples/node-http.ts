/**
 * A receiver with node:http only. Run it with the secret from the endpoint's page:
 *
 *     BELLWIRE_WEBHOOK_SECRET=whsec_… PORT=4000 node node-http.ts
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readEvent, readHeaders, readSecrets, textOf, UnreadableEvent, verifyWebhook } from "@bellwire/receiver";

// Throws without a valid secret: a receiver that cannot verify must not start.
const secrets = readSecrets(process.env["BELLWIRE_WEBHOOK_SECRET"]);
const bodyBytesMax = 10 * 1024 * 1024;

/** A real receiver stores ids and sequences durably, in the transaction that processes the event. */
const done = new Set<string>();
const newest = new Map<string, number>();

async function receive(request: IncomingMessage, response: ServerResponse): Promise<ServerResponse> {
  const body = await readBody(request);
  if (!body) return response.writeHead(413).end();

  const verdict = verifyWebhook({
    id: one(request.headers["webhook-id"]),
    timestamp: one(request.headers["webhook-timestamp"]),
    signature: one(request.headers["webhook-signature"]),
    body,
    secrets,
  });
  if (!verdict.trusted) return response.writeHead(401).end(verdict.because);

  const headers = readHeaders(request.headers);
  if (!headers) return response.writeHead(422).end("The headers of an event are missing or invalid.");
  const { type, action, object } = readEvent(body, { type: headers.type });
  if (!headers.isTest && !done.has(headers.id)) {
    const subject = `${type} ${textOf(object, "id")}`;
    // An event has the whole object, so one that a newer event has overtaken is out of date.
    if (headers.sequence > (newest.get(subject) ?? -1)) {
      console.log(`${subject} ${action} by ${headers.actor}`);
      newest.set(subject, headers.sequence);
    }
    done.add(headers.id);
  }
  // Exactly 200: Bellwire retries after any other status.
  return response.writeHead(200).end();
}

const server = createServer((request, response) => {
  receive(request, response).catch((error: unknown) =>
    response.writeHead(error instanceof UnreadableEvent ? 422 : 500).end(),
  );
});

server.listen(Number(process.env["PORT"] ?? 4000), "127.0.0.1", () => console.log("listening on", server.address()));

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? undefined : header);

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > bodyBytesMax) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
  }
  return Buffer.concat(chunks);
}
