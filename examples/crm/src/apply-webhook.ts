import type { DatabaseSync } from "node:sqlite";
import type { EventHeaders, WebhookEvent } from "@bellwire/receiver";
import { saveApplication } from "./save-application.ts";
import { saveCompany } from "./save-company.ts";
import { savePerson } from "./save-person.ts";
import type { Snapshot } from "./snapshot.ts";

/** `repeated`: the same webhook came before. `outdated`: a newer one of the same object did. */
export type Became = "applied" | "outdated" | "ignored" | "repeated";

export interface Webhook {
  readonly headers: Pick<EventHeaders, "id" | "type" | "time" | "sequence">;
  readonly event: WebhookEvent;
}

/**
 * Puts what a webhook says into the tables, and its id beside it, in one transaction: done once or not at all. Each event
 * holds the whole object, so a newer one makes an older one needless, and they may come in any order.
 */
export function applyWebhook(database: DatabaseSync, webhook: Webhook, now: Date): Became {
  database.exec("begin immediate");
  try {
    const became = isKnown(database, webhook.headers.id) ? "repeated" : applyNew(database, webhook, now);
    database.exec("commit");
    return became;
  } catch (error) {
    database.exec("rollback");
    throw error;
  }
}

const isKnown = (database: DatabaseSync, id: string): boolean =>
  database.prepare("select 1 from webhooks where id = ?").get(id) !== undefined;

function applyNew(database: DatabaseSync, { headers, event }: Webhook, now: Date): Became {
  const { id, type, time, sequence } = headers;
  const deletedAt = event.action === "deleted" ? time.toISOString() : null;
  const became = save(database, event.type, { object: event.object, sequence, deletedAt });
  database
    .prepare("insert into webhooks (id, type, sequence, came_at, became) values (?, ?, ?, ?, ?)")
    .run(id, type, sequence, now.toISOString(), became);
  return became;
}

function save(database: DatabaseSync, type: string, snapshot: Snapshot): Became {
  const saveObject = { account: saveCompany, user: savePerson, application: saveApplication }[type];
  if (!saveObject) return "ignored";
  return saveObject(database, snapshot) ? "applied" : "outdated";
}
