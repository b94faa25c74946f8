import type { IncomingHttpHeaders } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import { readEvent, readHeaders, UnreadableEvent, verifyWebhook, type WebhookEvent } from "@bellwire/receiver";
import { applyWebhook } from "./apply-webhook.ts";

export interface ReceiveNeeds {
  readonly database: DatabaseSync;
  readonly secrets: readonly string[];
  readonly now: Date;
}

export interface WebhookResponse {
  readonly status: number;
  /** Shown with the attempt in Bellwire. */
  readonly text: string;
}

/** Verifies and applies a webhook. Responds 200 only after the commit; Bellwire retries after any other response. */
export function receiveWebhook(
  { database, secrets, now }: ReceiveNeeds,
  rawHeaders: IncomingHttpHeaders,
  body: Uint8Array,
): WebhookResponse {
  const verdict = verifyWebhook({
    id: one(rawHeaders["webhook-id"]),
    timestamp: one(rawHeaders["webhook-timestamp"]),
    signature: one(rawHeaders["webhook-signature"]),
    body,
    secrets,
    now,
  });
  if (!verdict.trusted) return { status: 401, text: verdict.because };

  const headers = readHeaders(rawHeaders);
  const event = parseEvent(body, headers?.type);
  if (!headers || "unreadable" in event)
    return {
      status: 422,
      text: "unreadable" in event ? event.unreadable : "The headers of an event are missing or invalid.",
    };
  if (headers.isTest) return { status: 200, text: "sample, not applied" };
  return { status: 200, text: applyWebhook(database, { headers, event }, now) };
}

function parseEvent(body: Uint8Array, type: string | undefined): WebhookEvent | { readonly unreadable: string } {
  try {
    return readEvent(body, { type });
  } catch (error) {
    if (error instanceof UnreadableEvent) return { unreadable: error.message };
    throw error;
  }
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? undefined : header);
