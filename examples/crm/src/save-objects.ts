import type { DatabaseSync } from "node:sqlite";
import { type Fields, isFields, listOf, textOf } from "@bellwire/receiver";

/** The state of an object in an event. */
export interface Snapshot {
  readonly object: Fields;
  /** The event's number in its account. */
  readonly sequence: number;
  readonly deletedAt: string | null;
}

/** Returns an id. Throws if it is missing, because SQLite would generate one. */
function requireId(object: Fields, field: string): number {
  const id = Number(textOf(object, field));
  if (!Number.isSafeInteger(id)) throw new Error(`The object has no ${field}.`);
  return id;
}

const upsertCompany = `
  insert into companies (id, name, state, plan, sequence, deleted_at)
  values (:id, :name, :state, :plan, :sequence, :deletedAt)
  on conflict (id) do update set
    name = excluded.name,
    state = excluded.state,
    plan = excluded.plan,
    sequence = excluded.sequence,
    deleted_at = excluded.deleted_at
  where excluded.sequence > companies.sequence`;

/** Saves an account as a company. Returns false if the stored state is newer. */
export function saveCompany(database: DatabaseSync, { object, sequence, deletedAt }: Snapshot): boolean {
  const accountPlan = listOf(object, "plans").find((plan) => textOf(plan, "type") === "account_plan");
  const { changes } = database.prepare(upsertCompany).run({
    id: requireId(object, "id"),
    name: textOf(object, "org_name") ?? null,
    state: textOf(object, "state") ?? null,
    plan: (accountPlan && textOf(accountPlan, "name")) ?? null,
    sequence,
    deletedAt,
  });
  return changes === 1;
}

const upsertPerson = `
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

/** Saves a user as a person. Returns false if the stored state is newer. */
export function savePerson(database: DatabaseSync, { object, sequence, deletedAt }: Snapshot): boolean {
  const names = [textOf(object, "first_name"), textOf(object, "last_name")].filter(Boolean);
  const { changes } = database.prepare(upsertPerson).run({
    id: requireId(object, "id"),
    companyId: requireId(object, "account_id"),
    name: names.join(" ") || (textOf(object, "username") ?? null),
    email: textOf(object, "email") ?? null,
    role: textOf(object, "role") ?? null,
    sequence,
    deletedAt,
  });
  return changes === 1;
}

const upsertApplication = `
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

/** Saves an application without its keys. Returns false if the stored state is newer. */
export function saveApplication(database: DatabaseSync, { object, sequence, deletedAt }: Snapshot): boolean {
  const plan = object["plan"];
  const { changes } = database.prepare(upsertApplication).run({
    id: requireId(object, "id"),
    companyId: requireId(object, "user_account_id"),
    name: textOf(object, "name") ?? null,
    plan: (isFields(plan) ? textOf(plan, "name") : undefined) ?? null,
    state: textOf(object, "state") ?? null,
    sequence,
    deletedAt,
  });
  return changes === 1;
}
