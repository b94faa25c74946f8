import type { DatabaseSync } from "node:sqlite";
import { isFields, textOf } from "@bellwire/receiver";
import { idIn, type Snapshot } from "./snapshot.ts";

const statement = `
  insert into applications (id, company_id, name, plan, state, sequence, deleted_at)
  values (:id, :companyId, :name, :plan, :state, :sequence, :deletedAt)
  on conflict (id) do update set
    company_id = excluded.company_id,
    name = excluded.name,
    plan = excluded.plan,
    state = excluded.state,
    sequence = excluded.sequence,
    deleted_at = excluded.deleted_at
  where excluded.sequence > applications.sequence`;

/** Keeps an application, but none of its keys, unless what is kept is newer. Says whether it did. */
export function saveApplication(database: DatabaseSync, { object, sequence, deletedAt }: Snapshot): boolean {
  const plan = object["plan"];
  const { changes } = database.prepare(statement).run({
    id: idIn(object, "id"),
    companyId: idIn(object, "user_account_id"),
    name: textOf(object, "name") ?? null,
    plan: (isFields(plan) ? textOf(plan, "name") : undefined) ?? null,
    state: textOf(object, "state") ?? null,
    sequence,
    deletedAt,
  });
  return changes === 1;
}
