import { namesChanged, recordAudit, type By } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { countLimits } from "#platform/limits/limits.ts";
import { requireRoom } from "#platform/limits/require-room.ts";

import { isFine, type FieldErrors } from "./field-errors.ts";
import { isAlwaysThere } from "./field-value.ts";
import type { FieldsDefinition } from "./fields-definition.ts";
import {
  deleteFieldsDefinitionRow,
  insertFieldsDefinition,
  lockFieldsDefinitions,
  orderFieldsDefinitions,
  readFieldsDefinition,
  updateFieldsDefinitionRow,
} from "./fields-definitions-table.ts";
import { judgeDefinition, judgeNewDefinition } from "./judge-definition.ts";
import type { FieldInput } from "./read-values.ts";

interface Wish {
  readonly providerId: number;
  /** As they came, by the names of the API. */
  readonly values: FieldInput;
  readonly by: By;
}

type Outcome = { readonly definition: FieldsDefinition } | { readonly refused: FieldErrors };

/** Defines one more field, after those of its target. */
export async function createFieldsDefinition(pool: Pool, { providerId, values, by }: Wish): Promise<Outcome> {
  const { definition: wanted, errors } = judgeNewDefinition(values);
  if (!isFine(errors)) return { refused: errors };
  return pool.inTransaction(async (tx) => {
    await requireRoom(tx, countLimits.fieldsDefinitions, { providerId });
    const others = (await lockFieldsDefinitions(tx, providerId)).filter(({ target }) => target === wanted.target);
    const position = Math.max(0, ...others.map((other) => other.position)) + 1;
    const definition = await insertFieldsDefinition(tx, providerId, { ...wanted, position }, by.now);
    if (!definition) return { refused: { name: ["has already been taken"] } };
    await tell(tx, { providerId, definition, by, deed: "created" });
    return { definition };
  });
}

/** Changes how a field is kept, or its place among those of its target. Undefined if there is no such definition. */
export async function updateFieldsDefinition(
  pool: Pool,
  { providerId, id, values, by }: Wish & { readonly id: number },
): Promise<Outcome | undefined> {
  return pool.inTransaction(async (tx) => {
    const all = await lockFieldsDefinitions(tx, providerId);
    const before = all.find((definition) => definition.id === id);
    if (!before) return undefined;
    const { definition: wanted, errors } = judgeDefinition(before, values);
    if (!isFine(errors)) return { refused: errors };
    await updateFieldsDefinitionRow(tx, providerId, wanted, by.now);
    const others = all.filter(({ target }) => target === before.target).filter((other) => other.id !== id);
    await move(tx, providerId, { wanted, others, position: Number(values["position"]) });
    const definition = await readFieldsDefinition(tx, providerId, id);
    if (!definition) return undefined;
    const changed = namesChanged({ ...before, updatedAt: by.now }, { ...definition, updatedAt: by.now });
    if (changed.length > 0) await tell(tx, { providerId, definition, by, deed: "changed", changed });
    return { definition };
  });
}

interface Move {
  readonly wanted: FieldsDefinition;
  /** The other fields of the target, in their order. */
  readonly others: readonly FieldsDefinition[];
  /** Counted from 1. What is no number moves nothing. */
  readonly position: number;
}

async function move(tx: Transaction, providerId: number, { wanted, others, position }: Move): Promise<void> {
  if (!Number.isInteger(position) || position < 1) return;
  const ids = others.map(({ id }) => id);
  await orderFieldsDefinitions(tx, providerId, ids.toSpliced(position - 1, 0, wanted.id));
}

/** Keeps a field no more: what it holds stays, unseen. Undefined if there is no such definition. */
export async function deleteFieldsDefinition(
  pool: Pool,
  { providerId, id, by }: { readonly providerId: number; readonly id: number; readonly by: By },
): Promise<{ readonly definition: FieldsDefinition } | { readonly notAllowed: "always there" } | undefined> {
  return pool.inTransaction(async (tx) => {
    const definition = (await lockFieldsDefinitions(tx, providerId)).find((it) => it.id === id);
    if (!definition) return undefined;
    if (isAlwaysThere(definition.target, definition.name)) return { notAllowed: "always there" };
    await deleteFieldsDefinitionRow(tx, providerId, id);
    await tell(tx, { providerId, definition, by, deed: "deleted" });
    return { definition };
  });
}

interface Told {
  readonly providerId: number;
  readonly definition: FieldsDefinition;
  readonly by: By;
  readonly deed: "created" | "changed" | "deleted";
  readonly changed?: readonly string[];
}

/** Definitions raise no events; the audit says who did it. */
function tell(tx: Transaction, { providerId, definition, by, deed, changed }: Told): Promise<void> {
  const { id, target, name } = definition;
  const said = { action: `fields-definition.${deed}`, subject: `fields-definition/${id}` };
  return recordAudit(tx, { providerId, actor: by.actor, ...said, detail: { target, name, changed } });
}
