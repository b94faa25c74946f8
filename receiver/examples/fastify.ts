/**
 * A receiver with Fastify. Run it with the secret from the endpoint's page:
 *
 *     BELLWIRE_WEBHOOK_SECRET=whsec_… PORT=4000 node fastify.ts
 */
import { readEvent, readHeaders, readSecrets, textOf, UnreadableEvent, verifyWebhook } from "@bellwire/receiver";
import { fastify } from "fastify";

// Throws without a valid secret: a receiver that cannot verify must not start.
const secrets = readSecrets(process.env["BELLWIRE_WEBHOOK_SECRET"]);
const http = fastify({ bodyLimit: 10 * 1024 * 1024 });

/** A real receiver stores ids and sequences durably, in the transaction that processes the event. */
const done = new Set<string>();
const newest = new Map<string, number>();

// The signature covers the bytes, so nothing may parse them before it was checked.
http.removeAllContentTypeParsers();
http.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, pass) => pass(null, body));

http.post<{ Body: Buffer }>("/webhooks", async (request, reply) => {
  const verdict = verifyWebhook({
    id: one(request.headers["webhook-id"]),
    timestamp: one(request.headers["webhook-timestamp"]),
    signature: one(request.headers["webhook-signature"]),
    body: request.body,
    secrets,
  });
  if (!verdict.trusted) return reply.code(401).send(verdict.because);

  const headers = readHeaders(request.headers);
  if (!headers) return reply.code(422).send("The headers of an event are missing or invalid.");
  const { type, action, object } = readEvent(request.body, { type: headers.type });
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
  return reply.code(200).send();
});

http.setErrorHandler(async (error, _request, reply) => {
  if (error instanceof UnreadableEvent) return reply.code(422).send(error.message);
  throw error;
});

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? undefined : header);

await http.listen({ port: Number(process.env["PORT"] ?? 4000), host: "127.0.0.1" });
console.log("listening on", http.server.address());
