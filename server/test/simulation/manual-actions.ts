import { isOfKey, type LaneStoreModel } from "./lane-store-model.ts";

/** Skips a delivery, so that its successors may be sent. Returns its endpoint if it was ordered. */
export function skip(model: LaneStoreModel, key: string): number | undefined {
  const row = model.due.get(key);
  if (!row || row.orderingKey === null) return undefined;
  const { endpointId, orderingKey } = row;
  row.orderingKey = null;
  if (row.dueAt === "infinity") row.dueAt = model.moment(model.nowMs);
  model.promoteNext(endpointId, orderingKey);
  return endpointId;
}

/** Cancels a delivery. Returns its endpoint if it was pending. */
export function cancel(model: LaneStoreModel, key: string): number | undefined {
  const row = model.due.get(key);
  if (!row) return undefined;
  model.due.delete(key);
  model.cancelled.add(key);
  if (row.orderingKey !== null) model.promoteNext(row.endpointId, row.orderingKey);
  return row.endpointId;
}

/** Makes ended deliveries due again, in sequence. */
export function makeDueAgain(model: LaneStoreModel, keys: readonly string[]): void {
  for (const key of keys) {
    const ended = model.ended.get(key);
    if (!ended || model.due.has(key)) continue;
    const { attemptsMade, replay, orderingKey } = ended.row;
    const round = { attemptsMade, roundStart: attemptsMade, replay: replay + Number(ended.state === "delivered") };
    const isBehind = [...model.due.values()].some((row) => isOfKey(row, ended.row));
    model.ended.delete(key);
    const retriedAt = model.moment(model.nowMs);
    const dueAt = orderingKey !== null && isBehind ? "infinity" : retriedAt;
    model.due.set(key, { ...ended.row, ...round, retriedAt, dueAt });
  }
}
