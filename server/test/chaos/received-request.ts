import { valueAt } from "./api-client.ts";

/** One request as its receiver saw it. Times are milliseconds of the wall clock, which all processes here share. */
export interface ReceivedRequest {
  readonly endpoint: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly attempt: number;
  /** Known where the body is JSON. */
  readonly accountId: number | undefined;
  readonly sequence: number;
  /** The marker that the client wrote into the object. */
  readonly marker: string | undefined;
  readonly bodyHash: string;
  readonly atMs: number;
  /** When the response was sent or the connection was lost. */
  readonly endedAtMs: number | undefined;
  /** Undefined without a response. */
  readonly status: number | undefined;
  readonly retryAfterSeconds: number;
  /** The receiver reset the connection instead of an answer. */
  readonly isReset: boolean;
}

/** Undefined in XML, which names the account in other ways. */
export function findAccountId(body: string): number | undefined {
  if (!body.startsWith("{")) return undefined;
  const id = Number(valueAt(JSON.parse(body), "data", "account", "id"));
  return Number.isInteger(id) ? id : undefined;
}

/** The wall clock in fractions of a millisecond. */
export const wallMs = (): number => performance.timeOrigin + performance.now();

const fieldOfType: Readonly<Record<string, string>> = {
  account: "org_name",
  user: "email",
  application: "description",
};

/** Each kind of object has the marker in one field, in XML and in JSON. */
export function findMarker(eventType: string, body: string): string | undefined {
  const field = fieldOfType[eventType.split(".")[0] ?? ""] ?? "";
  return new RegExp(`(?:<${field}>|"${field}":")(m\\d+x\\d+)\\b`).exec(body)?.[1];
}
