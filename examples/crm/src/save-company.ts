import type { DatabaseSync } from "node:sqlite";
import { listOf, textOf } from "@bellwire/receiver";
import { idIn, type Snapshot } from "./snapshot.ts";

const statement = `
  insert into companies (id, name, state, plan, sequence, deleted_at)
  values (:id, :name, :state, :plan, :sequence, :deletedAt)
  on conflict (id) do update set
    name = excluded.name,
    state = excluded.state,
    plan = excluded.plan,
    sequence = excluded.sequence,
    deleted_at = excluded.deleted_at
  where excluded.sequence > companies.sequence`;

/** Keeps an account as a company, unless what is kept is newer. Says whether it did. */
export function saveCompany(database: DatabaseSync, { object, sequence, deletedAt }: Snapshot): boolean {
  const accountPlan = listOf(object, "plans").find((plan) => textOf(plan, "type") === "account_plan");
  const { changes } = database.prepare(statement).run({
    id: idIn(object, "id"),
    name: textOf(object, "org_name") ?? null,
    state: textOf(object, "state") ?? null,
    plan: (accountPlan && textOf(accountPlan, "name")) ?? null,
    sequence,
    deletedAt,
  });
  return changes === 1;
}
