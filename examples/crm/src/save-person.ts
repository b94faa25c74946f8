import type { DatabaseSync } from "node:sqlite";
import { textOf } from "@bellwire/receiver";
import { idIn, type Snapshot } from "./snapshot.ts";

const statement = `
  insert into people (id, company_id, name, email, role, sequence, deleted_at)
  values (:id, :companyId, :name, :email, :role, :sequence, :deletedAt)
  on conflict (id) do update set
    company_id = excluded.company_id,
    name = excluded.name,
    email = excluded.email,
    role = excluded.role,
    sequence = excluded.sequence,
    deleted_at = excluded.deleted_at
  where excluded.sequence > people.sequence`;

/** Keeps a user as a person, unless what is kept is newer. Says whether it did. */
export function savePerson(database: DatabaseSync, { object, sequence, deletedAt }: Snapshot): boolean {
  const names = [textOf(object, "first_name"), textOf(object, "last_name")].filter(Boolean);
  const { changes } = database.prepare(statement).run({
    id: idIn(object, "id"),
    companyId: idIn(object, "account_id"),
    name: names.join(" ") || (textOf(object, "username") ?? null),
    email: textOf(object, "email") ?? null,
    role: textOf(object, "role") ?? null,
    sequence,
    deletedAt,
  });
  return changes === 1;
}
