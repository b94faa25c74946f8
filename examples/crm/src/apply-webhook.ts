import type { DatabaseSync } from "node:sqlite";
import type { EventHeaders, WebhookEvent } from "@bellwire/receiver";
import { type Snapshot, saveApplication, saveCompany, savePerson } from "./save-objects.ts";

/** `repeated`: the same webhook has been applied. `outdated`: a newer webhook of the same object has. */
export type Result = "applied" | "outdated" | "ignored" | "repeated";

export interface Webhook {
  readonly headers: Pick<EventHeaders, "id" | "type" | "time" | "sequence">;
  readonly event: WebhookEvent;
}

/**
 * Applies a webhook and stores its id in one transaction, so that it takes effect exactly once. Each event contains the
 * whole object, so webhooks may arrive in any order and outdated ones are skipped.
 */
export function applyWebhook(database: DatabaseSync, webhook: Webhook, now: Date): Result {
  database.exec("begin immediate");
  try {
    const result = isRepeated(database, webhook.headers.id) ? "repeated" : applyNew(database, webhook, now);
    database.exec("commit");
    return result;
  } catch (error) {
    database.exec("rollback");
    throw error;
  }
}

const isRepeated = (database: DatabaseSync, id: string): boolean =>
  database.prepare("select 1 from webhooks where id = ?").get(id) !== undefined;

function applyNew(database: DatabaseSync, { headers, event }: Webhook, now: Date): Result {
  const { id, type, time, sequence } = headers;
  const deletedAt = event.action === "deleted" ? time.toISOString() : null;
  const result = save(database, event.type, { object: event.object, sequence, deletedAt });
  database
    .prepare("insert into webhooks (id, type, sequence, received_at, result) values (?, ?, ?, ?, ?)")
    .run(id, type, sequence, now.toISOString(), result);
  return result;
}

const savers = new Map([
  ["account", saveCompany],
  ["user", savePerson],
  ["application", saveApplication],
]);

function save(database: DatabaseSync, type: string, snapshot: Snapshot): Result {
  const saveObject = savers.get(type);
  if (!saveObject) return "ignored";
  return saveObject(database, snapshot) ? "applied" : "outdated";
}
