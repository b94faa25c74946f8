import type { OwnChannel } from "#platform/database/database.ts";
import type { DueDelivery } from "./due.ts";
import type { RecordedPayload } from "./payload.ts";
import type { PlannedDelivery } from "./plan.ts";

/*
 * New rows travel with the hint to the engine of the same machine, which then needs no read for them: a millisecond of an idle
 * change's six. The hint stays a hint. If it is lost, a poll finds the rows; if the engine cannot be sure that it has not sent them
 * before, it reads them.
 */

export const hintedRowsChannel: OwnChannel = "own/due-rows";

/** Bytes of the bodies of one hint. With more, its rows are read. */
const bodyBytesMax = 100_000;
/** Rows of one hint. A transaction with more is read like a backlog. */
const rowsMax = 500;

/** A row as the insert returns it. */
export interface InsertedRow {
  readonly eventId: string;
  readonly endpointId: number;
  /** `infinity`: it waits behind another row of its key. */
  readonly dueAt: string;
}

/** The deliveries that one transaction has made due. */
export interface HintedRows {
  /** When its commit began, in time of `machineMs`. Nobody can have seen its rows before. */
  readonly committingAtMs: number;
  /** In the order of the transaction. */
  readonly rows: readonly DueDelivery[];
  /** Endpoints that need a read. */
  readonly endpointIds: readonly number[];
}

interface Recorded {
  readonly deliveries: readonly PlannedDelivery[];
  readonly payloads: readonly RecordedPayload[];
  readonly inserted: readonly InsertedRow[];
  readonly committingAtMs: number;
}

/** `HintedRows` as they travel: each body once. */
interface Message extends Pick<HintedRows, "committingAtMs" | "endpointIds"> {
  readonly payloads: readonly Pick<DueDelivery, "eventId" | "format" | "body" | "context">[];
  readonly rows: readonly (Pick<DueDelivery, "endpointId" | "dueAt" | "orderingKey" | "endpointVersion"> & {
    /** Index of its payload. */
    readonly payload: number;
  })[];
}

/** Renders the rows that are due. One that waits in its key is made due, and hinted, by the end of the row ahead of it. */
export function renderHintedRows({ deliveries, payloads, inserted, committingAtMs }: Recorded): string {
  const dueAts = new Map(inserted.map(({ eventId, endpointId, dueAt }) => [`${eventId}.${endpointId}`, dueAt]));
  const indexes = new Map(payloads.map(({ eventId, format }, index) => [`${eventId}.${format}`, index]));
  const rows = deliveries.flatMap(({ eventId, endpointId, format, orderingKey, endpointVersion }) => {
    const [dueAt, payload] = [dueAts.get(`${eventId}.${endpointId}`), indexes.get(`${eventId}.${format}`)];
    if (dueAt === undefined || payload === undefined || dueAt === "infinity") return [];
    return [{ payload, endpointId, dueAt, orderingKey, endpointVersion }];
  });
  const bytes = payloads.reduce((sum, { body }) => sum + body.length, 0);
  const message: Message =
    bytes > bodyBytesMax || rows.length > rowsMax
      ? { committingAtMs, payloads: [], rows: [], endpointIds: rows.map(({ endpointId }) => endpointId) }
      : { committingAtMs, payloads: payloads.map(withText), rows, endpointIds: [] };
  return JSON.stringify(message);
}

const withText = ({ body, ...payload }: RecordedPayload) => ({ ...payload, body: body.toString() });

/** Parses a text of `renderHintedRows`. */
export function parseHintedRows(text: string): HintedRows {
  const { committingAtMs, endpointIds, payloads, rows }: Message = JSON.parse(text);
  return {
    committingAtMs,
    endpointIds,
    rows: rows.flatMap(({ payload, ...row }) => {
      const content = payloads[payload];
      return content ? [{ ...content, ...row, ...unsent }] : [];
    }),
  };
}

/** A new row of `due`. Rows that are recorded behind it later are hinted when it has ended. */
const unsent = { attemptsMade: 0, roundStart: 0, replay: 0, isFollowed: false } as const;
