import type { Method } from "../simulation/random-portal.ts";
import { valueAt } from "./api-client.ts";

/** A request of a client, and its answer. */
export interface LoggedRequest {
  readonly method: Method;
  readonly path: string;
  readonly payload: object | undefined;
  /** 0 without an answer. */
  readonly status: number;
  readonly body: unknown;
  readonly sentMs: number;
  readonly answeredMs: number;
}

/** An event, and the gates that kept it from endpoints. */
export interface GatedEvent {
  readonly type: string;
  readonly objectId: number;
  readonly withheld: Readonly<Record<string, string>>;
}

const isAcknowledged = ({ status }: LoggedRequest): boolean => status >= 200 && status <= 299;

const createdAt: readonly (readonly [RegExp, string])[] = [
  [/\/signup\.json$/, "account"],
  [/\/users\.json$/, "user"],
  [/\/applications\.json$/, "application"],
];

/** Returns `type object` of the event that a creation or deletion has, or undefined for other requests. */
function eventOf({ method, path, body }: LoggedRequest): string | undefined {
  const key = /\/applications\/(\d+)\/keys(\.json|\/)/.exec(path)?.[1];
  if (key !== undefined) return `application.key_${method === "POST" ? "created" : "deleted"} ${key}`;
  if (method === "POST") {
    const kind = createdAt.find(([pattern]) => pattern.test(path))?.[1];
    return kind && `${kind}.created ${String(valueAt(body, kind, "id"))}`;
  }
  const [, kind, id] = (method === "DELETE" && /\/(account|user|application)s\/(\d+)\.json$/.exec(path)) || [];
  return kind && `${kind}.deleted ${id}`;
}

/** Finds acknowledged creations and deletions without their event, and events whose gates contradict acknowledged subscriptions. */
export function checkAcknowledged(
  log: readonly LoggedRequest[],
  events: readonly GatedEvent[],
): { readonly acknowledged: number; readonly lost: readonly string[]; readonly wrong: readonly string[] } {
  const recorded = Map.groupBy(events, ({ type, objectId }) => `${type} ${objectId}`);
  const acknowledged = log.filter(isAcknowledged);
  const required = Map.groupBy(acknowledged, eventOf);
  required.delete(undefined);
  const lost = [...required]
    .filter(([event = "", requests]) => requests.length > (recorded.get(event)?.length ?? 0))
    .map(([event, requests]) => `${requests.length} × ${event} was acknowledged, but not recorded as often`);
  const wrong = findSubscriptions(log).flatMap(({ endpointId, active, types, fromMs, untilMs }) =>
    acknowledged
      .filter(({ sentMs, answeredMs }) => sentMs > fromMs && answeredMs < untilMs)
      .flatMap((request) => recorded.get(eventOf(request) ?? "") ?? [])
      .filter(({ type }) => !type.startsWith("application.key_")) // several of one object are alike here
      .filter(
        ({ type, withheld }) =>
          (active && (types.includes("*") || types.includes(type))) !== (withheld[endpointId] === undefined),
      )
      .map(({ type, objectId, withheld }) => {
        const gate = withheld[endpointId] ?? "no gate";
        return `${type} ${objectId} has ${gate} for ${endpointId}, which is ${active ? types.join() : "not active"}`;
      }),
  );
  return { acknowledged: acknowledged.filter(({ method }) => method !== "GET").length, lost, wrong };
}

interface KnownSubscription {
  readonly endpointId: string;
  readonly active: boolean;
  readonly types: readonly unknown[];
  /** After its answer, until the next change is sent. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A request without an answer, or refused during a fault, may have its effect until this time after. */
const lateMs = 20_000;

/** Returns the times in which exactly one acknowledged change decides what an endpoint gets. */
function findSubscriptions(log: readonly LoggedRequest[]): readonly KnownSubscription[] {
  const changes = log.filter(({ method, payload, path, status }) => {
    const isOfSubscription = method !== "PATCH" || (payload !== undefined && "active" in payload);
    return /\/endpoints\/\d+(\/undo_delete)?$/.test(path) && isOfSubscription && !(status >= 400 && status < 500);
  });
  const byEndpoint = Map.groupBy(changes, ({ path }) => /\d+/.exec(path.replace("/v1/", ""))?.[0] ?? "");
  return [...byEndpoint].flatMap(([endpointId, ofEndpoint]) =>
    ofEndpoint.flatMap((change) => {
      const [active, types] = [valueAt(change.payload, "active"), valueAt(change.payload, "event_types")];
      if (!isAcknowledged(change) || typeof active !== "boolean" || !Array.isArray(types)) return [];
      const others = ofEndpoint.filter((other) => other !== change);
      const isAlone = others.every(
        (other) =>
          other.sentMs > change.answeredMs || other.answeredMs + (isAcknowledged(other) ? 0 : lateMs) < change.sentMs,
      );
      const untilMs = Math.min(Infinity, ...others.map(({ sentMs }) => sentMs).filter((ms) => ms > change.answeredMs));
      return isAlone ? [{ endpointId, active, types, fromMs: change.answeredMs, untilMs }] : [];
    }),
  );
}
