import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import { contactsPage } from "./contacts-page.ts";
import { openDatabase } from "./open-database.ts";
import type { Settings } from "./read-settings.ts";
import { receiveWebhook, type WebhookResponse } from "./receive-webhook.ts";

const bodyBytesMax = 10 * 1024 * 1024;

export interface Crm extends AsyncDisposable {
  readonly url: string;
}

/** Starts the server on localhost only, because the page has no login. */
export async function startCrm({ port, secrets, database: path }: Settings): Promise<Crm> {
  const database = openDatabase(path);
  const server = createServer((request, response) => {
    respond(request, response, { database, secrets }).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closed;
      database.close();
    },
  };
}

interface CrmNeeds {
  readonly database: DatabaseSync;
  readonly secrets: readonly string[];
}

async function respond(request: IncomingMessage, response: ServerResponse, needs: CrmNeeds): Promise<void> {
  const route = `${request.method} ${request.url?.split("?", 1)[0]}`;
  if (route === "GET /") {
    sendPage(response, contactsPage(needs.database));
    return;
  }
  const { status, text } = route === "POST /webhooks" ? await handleWebhook(request, needs) : notFound;
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

const notFound: WebhookResponse = { status: 404, text: "Only GET / and POST /webhooks exist." };

async function handleWebhook(request: IncomingMessage, needs: CrmNeeds): Promise<WebhookResponse> {
  const body = await readBody(request);
  if (!body) return { status: 413, text: "The body is too long." };
  return receiveWebhook({ ...needs, now: new Date() }, request.headers, body);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
  }
  return bytes > bodyBytesMax ? undefined : Buffer.concat(chunks);
}

function sendPage(response: ServerResponse, html: string): void {
  response
    .writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      "cache-control": "no-store",
    })
    .end(html);
}
