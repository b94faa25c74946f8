import type { IncomingHttpHeaders } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import { readEvent, readHeaders, UnreadableEvent, verifyWebhook, type WebhookEvent } from "@bellwire/receiver";
import { applyWebhook } from "./apply-webhook.ts";

export interface ReceiveNeeds {
  readonly database: DatabaseSync;
  readonly secrets: readonly string[];
  readonly now: Date;
}

export interface Answer {
  readonly status: number;
  /** Shown to whoever looks at the attempt in Bellwire. */
  readonly says: string;
}

/** Takes a webhook. Answers 200 when it is committed and not before: after anything else it comes again. */
export function receiveWebhook(
  { database, secrets, now }: ReceiveNeeds,
  rawHeaders: IncomingHttpHeaders,
  body: Uint8Array,
): Answer {
  const verdict = verifyWebhook({
    id: one(rawHeaders["webhook-id"]),
    timestamp: one(rawHeaders["webhook-timestamp"]),
    signature: one(rawHeaders["webhook-signature"]),
    body,
    secrets,
    now,
  });
  if (!verdict.trusted) return { status: 401, says: verdict.because };

  const headers = readHeaders(rawHeaders);
  const event = readOrRefuse(body, headers?.type);
  if (!headers || "unreadable" in event)
    return { status: 422, says: "unreadable" in event ? event.unreadable : "These are not the headers of an event." };
  if (headers.isTest) return { status: 200, says: "a sample, read and not applied" };
  return { status: 200, says: applyWebhook(database, { headers, event }, now) };
}

function readOrRefuse(body: Uint8Array, type: string | undefined): WebhookEvent | { readonly unreadable: string } {
  try {
    return readEvent(body, { type });
  } catch (error) {
    if (error instanceof UnreadableEvent) return { unreadable: error.message };
    throw error;
  }
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? undefined : header);
