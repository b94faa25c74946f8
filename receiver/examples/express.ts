/**
 * A receiver with Express. Run it with the secret from the endpoint's page:
 *
 *     BELLWIRE_WEBHOOK_SECRET=whsec_… PORT=4000 node express.ts
 */
import { readEvent, readHeaders, readSecrets, textOf, UnreadableEvent, verifyWebhook } from "@bellwire/receiver";
import express, { type ErrorRequestHandler } from "express";

// Throws without a valid secret: a receiver that cannot verify must not start.
const secrets = readSecrets(process.env["BELLWIRE_WEBHOOK_SECRET"]);
const http = express();

/** A real receiver stores ids and sequences durably, in the transaction that processes the event. */
const done = new Set<string>();
const newest = new Map<string, number>();

// The signature covers the bytes, so nothing may parse them before it was checked.
const asBytes = express.raw({ type: () => true, limit: "10mb" });

http.post("/webhooks", asBytes, (request, response) => {
  const body: Buffer = request.body ?? Buffer.alloc(0);
  const verdict = verifyWebhook({
    id: request.get("webhook-id"),
    timestamp: request.get("webhook-timestamp"),
    signature: request.get("webhook-signature"),
    body,
    secrets,
  });
  if (!verdict.trusted) return void response.status(401).send(verdict.because);

  const headers = readHeaders(request.headers);
  if (!headers) return void response.status(422).send("The headers of an event are missing or invalid.");
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
  response.status(200).end();
});

const refuseUnreadable: ErrorRequestHandler = (error, _request, response, next) => {
  if (error instanceof UnreadableEvent) response.status(422).send(error.message);
  else next(error);
};
http.use(refuseUnreadable);

const server = http.listen(Number(process.env["PORT"] ?? 4000), "127.0.0.1", (error) => {
  if (error) throw error; // Express calls this too if the port is taken
  console.log("listening on", server.address());
});
