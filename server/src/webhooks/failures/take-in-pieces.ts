import { auditInPieces, type Actor } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";

import type { FailureFilter } from "./list-failures.ts";

/** One transaction takes so many at most: half a second, and no lock or log that others wait for. */
const pieceRowsUsual = 10_000;

/** Who wants it. */
export interface AskedBy {
  readonly actor: Actor;
  /** What the audit record says besides. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** What a statement tells of its piece: how many it took, and the last it looked at, unless it came to the end. */
export interface Piece {
  readonly count: number;
  readonly endpointId: number | null;
  readonly failedAt: Date | null;
  readonly eventId: string | null;
}

interface Taking<P extends Piece> {
  /** As pick-failures.ts explains: of the list, and of some events. */
  readonly statements: { readonly listed: string; readonly named: string };
  readonly filter: FailureFilter;
  /** Only what failed before is taken: what comes while this goes on must not keep it going. */
  readonly horizon: Date;
  readonly action: string;
  readonly askedBy: AskedBy;
  readonly pieceRowsMax?: number | undefined;
  /** What else belongs into the transaction of a piece. */
  readonly follow?: (tx: Transaction, piece: P) => Promise<void>;
}

// Sorting is cheaper only by PostgreSQL's guess, made without knowing how much a piece is: it would read and sort all that is
// left, dead rows and all, for each piece. With this it goes along failures_list_idx, also in a plan for any values.
const alongTheIndex = `select set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true)`;

const start = { failedAt: "-infinity", eventId: "00000000-0000-0000-0000-000000000000" } as const;

/**
 * Takes failures off the list a piece at a time, each in a transaction of its own, so that a million are not too many. If it
 * dies in between, what was taken is taken, with its record; the rest is on the list. It goes on when whoever asked has gone
 * away: they wanted all of it. Gives how many it took.
 */
export async function takeInPieces<P extends Piece>(pool: Pool, taking: Taking<P>): Promise<number> {
  const { statements, filter, horizon, action, askedBy, pieceRowsMax = pieceRowsUsual, follow } = taking;
  const { providerId, ...chosen } = filter;
  const { endpointId, until, eventIds } = filter;
  const detail = { ...askedBy.detail, ...chosen };
  const audit = auditInPieces({ providerId, actor: askedBy.actor, action, subject: "failures", detail });

  let after: readonly unknown[] | undefined = [endpointId ?? 0, start.failedAt, start.eventId];
  let count = 0;
  while (after) {
    const values: readonly unknown[] = [providerId, endpointId, until, horizon, ...after, pieceRowsMax];
    const piece: P = await pool.inTransaction(async (tx) => {
      if (!eventIds) tx.send(alongTheIndex, []);
      const [took] = eventIds
        ? await tx.query<P>(statements.named, [...values, eventIds])
        : await tx.query<P>(statements.listed, values);
      if (!took) throw new Error("PostgreSQL answered a count without rows");
      if (took.count > 0) {
        await follow?.(tx, took);
        tx.hintAfterCommit("history", "");
      }
      await audit(tx, count + took.count);
      return took;
    });
    count += piece.count;
    after = piece.eventId === null ? undefined : [piece.endpointId, piece.failedAt, piece.eventId];
  }
  return count;
}
