import type { Database, Transaction } from "#platform/database/database.ts";
import type { CountLimit } from "./limits.ts";

interface Owner {
  readonly providerId: number;
  /** The account or the user; left out where the limit is the provider's. */
  readonly id?: number;
}

/** Thrown when something is full. Both APIs answer 422, `limit-reached`; pages say the sentence. */
export class LimitReached extends Error {
  override readonly name = "LimitReached";

  constructor({ name, of, unit }: CountLimit, { used, max }: Room) {
    const has = of === "provider" ? "There are" : `This ${of} has`;
    super(
      `${has} ${used} ${unit}, and ${max} are allowed (${name}). Delete some that are not used, or ask the operator for more.`,
    );
  }
}

interface Room {
  readonly used: number;
  readonly max: number;
}

const lockStatement = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
const ownMaxStatement = `select (limits ->> $2)::bigint as "ownMax" from providers where id = $1`;

/**
 * Throws unless one more fits. Others that add to the same owner wait until this transaction ends, so the limit holds for
 * any number at once. One round trip: the lock and the count go out together.
 */
export async function requireRoom(tx: Transaction, limit: CountLimit, owner: Owner): Promise<void> {
  tx.send(lockStatement, [`${limit.name} ${owner.providerId} ${owner.id ?? ""}`]);
  const room = await readRoom(tx, limit, owner);
  if (room.used >= room.max) throw new LimitReached(limit, room);
}

/** How many there are, and how many there may be. */
export async function readRoom(db: Database, limit: CountLimit, { providerId, id }: Owner): Promise<Room> {
  const [[counted], [own]] = await Promise.all([
    db.query<{ used: number }>(limit.counted, id === undefined ? [providerId] : [providerId, id]),
    db.query<{ ownMax: number | null }>(ownMaxStatement, [providerId, limit.name]),
  ]);
  return { used: counted?.used ?? 0, max: own?.ownMax ?? limit.max };
}
