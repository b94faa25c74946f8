import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiProblem } from "../../api/api-problem.ts";
import { type ApiClient, type BellwireSchemas, responseBody, useApi } from "../../api/bellwire-client.ts";
import { type Endpoint, isForChat } from "../../api/endpoints.ts";
import { type EventType, type EventTypeName, isOperational } from "../../api/events.ts";
import { endpointDefaults, endpointLimits } from "../../api/facts.ts";
import { refuseConflicts, type SetEdits, applySetEdits, withChosen } from "../../components/form/conflicts.ts";
import { useToast } from "../../components/toast-context.ts";
import { useChange } from "../../components/form/use-change.ts";

export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** The values of the form. Numbers stay text until they are sent. */
export interface EndpointDraft extends Pick<
  Endpoint,
  | "name"
  | "url"
  | "active"
  | "provider_actions"
  | "all_actors"
  | "format"
  | "success"
  | "ordering"
  | "include_credentials"
> {
  readonly description: string;
  readonly sendsAll: boolean;
  readonly switches: ReadonlySet<EventTypeName>;
  readonly headers: readonly HeaderLine[];
  readonly waits: string;
  readonly timeout: string;
  readonly inFlight: string;
  readonly perSecond: string;
}

/** Returns the defaults of the format. Empty waits leave those to the server, where the operator sets them for 3scale. */
export const newDraft = (format: Endpoint["format"]): EndpointDraft => ({
  name: "",
  url: "",
  description: "",
  active: true,
  sendsAll: !isForChat(format),
  switches: new Set(endpointDefaults[format].event_types),
  provider_actions: true,
  all_actors: true,
  format,
  headers: [],
  waits: "",
  inFlight: "",
  perSecond: endpointDefaults[format].max_per_second?.toString() ?? "",
  include_credentials: false,
  success: endpointDefaults[format].success,
  timeout: String(endpointDefaults[format].timeout_seconds),
  ordering: endpointDefaults[format].ordering,
});

/** Returns the saved endpoint as values of the form. */
function draftFrom(endpoint: Endpoint, types: readonly EventType[]): EndpointDraft {
  const { event_types, headers, retry_waits_seconds, timeout_seconds, max_in_flight, max_per_second } = endpoint;
  return {
    ...endpoint,
    description: endpoint.description ?? "",
    sendsAll: event_types.includes("*"),
    switches: new Set(types.map(({ type }) => type).filter((type) => event_types.includes(type))),
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    waits: formatWaits(retry_waits_seconds),
    timeout: String(timeout_seconds),
    inFlight: max_in_flight?.toString() ?? "",
    perSecond: max_per_second?.toString() ?? "",
  };
}

/** Returns the request body with the edited fields only. */
export function requestBody(typed: Partial<EndpointDraft>): BellwireSchemas["EndpointChange"] {
  const { description, sendsAll, switches, headers, waits, timeout, inFlight, perSecond, ...same } = typed;
  const retry_waits_seconds = waits === undefined ? undefined : parseWaits(waits);
  return {
    ...same,
    ...(description !== undefined && { description: description || null }),
    ...(sendsAll !== undefined && switches && { event_types: eventTypesOf(sendsAll, switches) }),
    ...(headers && { headers: Object.fromEntries(namedOf(headers)) }),
    ...(retry_waits_seconds && { retry_waits_seconds }),
    ...(timeout !== undefined && { timeout_seconds: Number(timeout) }),
    ...(inFlight !== undefined && { max_in_flight: numberOrNone(inFlight) }),
    ...(perSecond !== undefined && { max_per_second: numberOrNone(perSecond) }),
  };
}

/** Returns the edited values. Two are needed together to say which events are sent. */
function editedValues(
  { sendsAll, switches }: EndpointDraft,
  { switches: turned, ...typed }: DraftEdits,
): Partial<EndpointDraft> {
  return { ...typed, ...((turned || typed.sendsAll !== undefined) && { sendsAll, switches }) };
}

/** `*` stands for all changes. Operational events are named. */
const eventTypesOf = (sendsAll: boolean, switches: ReadonlySet<EventTypeName>): (EventTypeName | "*")[] =>
  sendsAll ? ["*", ...[...switches].filter(isOperational)] : [...switches];

const namedOf = (headers: readonly HeaderLine[]): [string, string][] =>
  headers.filter(({ name, value }) => name !== "" || value !== "").map(({ name, value }) => [name, value]);

const numberOrNone = (typed: string): number | null => (typed.trim() === "" ? null : Number(typed));

/** The unsaved edits. */
export interface DraftEdits extends Partial<Omit<EndpointDraft, "switches">> {
  readonly switches?: SetEdits<EventTypeName>;
}

/** Returns the values of the form: the edits over the saved endpoint, or over the defaults of the chosen format. */
function draftOf(endpoint: Endpoint | undefined, types: readonly EventType[], edits: DraftEdits = {}): EndpointDraft {
  const base = endpoint ? draftFrom(endpoint, types) : newDraft(edits.format ?? "json");
  const draft = { ...base, ...edits, switches: applySetEdits(base.switches, edits.switches) };
  if (!isForChat(draft.format)) return draft;
  return { ...draft, sendsAll: false, switches: new Set([...draft.switches].filter(isOperational)) };
}

/** Holds the edits. */
export function useEndpointDraft(endpoint: Endpoint | undefined, types: readonly EventType[]) {
  const [typed, setTyped] = useState<DraftEdits>();
  // The endpoint as it was seen before the edits.
  const [seen, setSeen] = useState(endpoint);
  const draft = draftOf(endpoint, types, typed);
  const change = ({ switches, ...changed }: Partial<EndpointDraft>): void => {
    if (!typed) setSeen(endpoint);
    setTyped({
      ...typed,
      ...changed,
      ...(switches && { switches: withChosen(typed?.switches, draft.switches, switches) }),
    });
  };
  return {
    draft,
    typed,
    seen,
    setSeen,
    change,
    forget: (): void => setTyped(undefined),
    /** Forgets the edits that were saved, unless others were made meanwhile. */
    forgetSaved: (saved: Endpoint, sent: DraftEdits): void => {
      setSeen(saved);
      setTyped((present) => (present === sent ? undefined : present));
    },
  };
}

/** All settings, and whether the form shows the errors of their field. */
export const endpointSettings = {
  name: true,
  url: true,
  description: true,
  active: false,
  event_types: false,
  provider_actions: false,
  all_actors: false,
  format: false,
  headers: true,
  retry_waits_seconds: true,
  success: false,
  timeout_seconds: true,
  max_in_flight: true,
  max_per_second: true,
  ordering: false,
  include_credentials: false,
  state: false,
} as const satisfies Record<keyof BellwireSchemas["EndpointChange"], boolean>;

const fields = Object.entries(endpointSettings).flatMap(([field, hasErrors]) => (hasErrors ? [field] : []));

/** The settings of the API that have another name in the form. */
const settingNames: Readonly<Record<string, string>> = {
  waits: "retry_waits_seconds",
  timeout: "timeout_seconds",
  inFlight: "max_in_flight",
  perSecond: "max_per_second",
};

/** Returns whether a setting was edited after the edits that were sent. */
function isEditedSince(setting: string, typed: DraftEdits | undefined, sent: DraftEdits | undefined): boolean {
  const [now, before] = [new Map<string, unknown>(Object.entries(typed ?? {})), new Map(Object.entries(sent ?? {}))];
  return [...now.keys(), ...before.keys()].some(
    (key) => (settingNames[key] ?? key) === setting && now.get(key) !== before.get(key),
  );
}

export interface SaveEndpointOptions {
  /** Undefined for a new endpoint. */
  readonly endpoint: Endpoint | undefined;
  readonly typed: DraftEdits | undefined;
  /** The endpoint as it was before the edits. */
  readonly seen: Endpoint | undefined;
  /** Called with the present endpoint, which somebody else may have changed. */
  readonly setSeen: (endpoint: Endpoint) => void;
  readonly types: readonly EventType[];
  readonly onSaved: (saved: Endpoint, sent: DraftEdits) => void;
}

/** Sends the edits of an endpoint over its present settings, which somebody else may have changed since the page read them. */
async function updateEndpoint(
  api: ApiClient,
  typed: DraftEdits,
  { seen, setSeen, types }: SaveEndpointOptions,
  id: number,
): Promise<Endpoint> {
  const params = { path: { id } };
  const now: Endpoint = await responseBody(api.GET("/api/v1/endpoints/{id}", { params }));
  const draft = draftOf(now, types, typed);
  setSeen(now); // saving again replaces what somebody else has changed
  if (seen) {
    // Each event is an edit of its own.
    const { switches: _, ...edited } = typed;
    const nameOf = (field: string): string => settingNames[field] ?? field;
    refuseConflicts({ seen: { ...draftFrom(seen, types) }, present: { ...draftFrom(now, types) }, edited, nameOf });
  }
  return responseBody(api.PATCH("/api/v1/endpoints/{id}", { params, body: requestBody(editedValues(draft, typed)) }));
}

const failedToCreate = "The endpoint could not be created";

/** Creates the endpoint, or sends the edits of an existing one. */
export function useSaveEndpoint(options: SaveEndpointOptions) {
  const { endpoint, typed: typedNow, types, onSaved } = options;
  const api = useApi();
  const navigate = useNavigate();
  const toast = useToast();
  const sayCreated = ({ id, format }: Endpoint): void => {
    const created = { kind: "success", title: "The endpoint was created", about: failedToCreate } as const; // replaces a rejection
    if (isForChat(format)) return toast(created); // chat programs verify nothing
    const secret = { to: "/endpoints/$id", params: { id: String(id) }, search: { tab: "secret" } } as const;
    toast({
      ...created,
      detail: "Its receiver verifies requests with the signing secret.",
      action: { label: "Show the signing secret", onClick: () => void navigate(secret) },
    });
  };
  const save = async (typed: DraftEdits): Promise<Endpoint> => {
    if (endpoint) return updateEndpoint(api, typed, options, endpoint.id);
    const draft = draftOf(endpoint, types, typed);
    const { name, url } = draft;
    return responseBody(api.POST("/api/v1/endpoints", { body: { ...requestBody(draft), name, url } }));
  };
  const {
    mutate,
    isPending,
    errors,
    error,
    variables: sent,
    reset,
    take,
  } = useChange({
    change: save,
    stale: [["endpoints"]],
    ...(endpoint && { done: "The endpoint was updated" }),
    failed: endpoint ? "The endpoint could not be updated" : failedToCreate,
    fields,
    onDone: (saved, edits) => {
      onSaved(saved, edits);
      if (!endpoint) sayCreated(saved);
    },
    leave: async ({ id }) => {
      if (!endpoint) await navigate({ to: "/endpoints/$id", params: { id: String(id) } });
    },
  });
  const isTaken = error instanceof ApiProblem && error.status === 409;
  const refused = Object.entries(isTaken ? { name: ["is taken by another endpoint"] } : errors);
  return {
    save: mutate,
    isSaving: isPending,
    // The server said nothing about a value that was typed later.
    errors: Object.fromEntries(refused.filter(([setting]) => !isEditedSince(setting, typedNow, sent))),
    forgetErrors: reset,
    take,
  };
}

type NumberField = "timeout_seconds" | "max_in_flight" | "max_per_second";

/** Returns the errors of the typed values by the API's field name. The form sends nothing while there are errors. */
export function checkDraft(draft: EndpointDraft, isNew: boolean): Readonly<Record<string, readonly string[]>> {
  const errors: readonly (readonly [string, string | undefined])[] = [
    ["name", lengthError("name", draft.name)],
    ["url", lengthError("url", draft.url)],
    ["description", lengthError("description", draft.description)],
    ["retry_waits_seconds", waitsError(draft.waits, isNew)],
    ["timeout_seconds", numberError("timeout_seconds", draft.timeout)],
    ["max_in_flight", draft.inFlight.trim() === "" ? undefined : numberError("max_in_flight", draft.inFlight)],
    ["max_per_second", draft.perSecond.trim() === "" ? undefined : numberError("max_per_second", draft.perSecond)],
  ];
  return Object.fromEntries(errors.flatMap(([field, error]) => (error === undefined ? [] : [[field, [error]]])));
}

/**
 * Returns the errors of an edited name and URL, which the server would report too, but only once the other values can be sent. The form
 * shows them after an attempt to save, so that it does not call a field wrong that is still to be filled in.
 */
export function checkNames(draft: EndpointDraft, typed: DraftEdits | undefined, isNew: boolean) {
  const isEdited = (field: "name" | "url"): boolean => isNew || typed?.[field] !== undefined;
  // The default endpoint may be saved without a URL while it is not active.
  const needsUrl = isEdited("url") && (draft.name !== "default" || draft.url !== "");
  return {
    ...(isEdited("name") && draft.name.trim() === "" && { name: ["can't be blank"] }),
    ...(needsUrl && !isWebUrl(draft.url) && { url: ["Must be a valid URL such as http://example.com"] }),
  };
}

const isWebUrl = (text: string): boolean => /^https?:\/\/[^/\s]\S*$/i.test(text) && URL.canParse(text);

/** Counts characters as the API does: one emoji is one character, although a string has two. */
function lengthError(field: "name" | "url" | "description", typed: string): string | undefined {
  const { maxLength } = endpointLimits[field];
  return Array.from(typed).length > maxLength ? `must not have more than ${maxLength} characters` : undefined;
}

function waitsError(typed: string, isNew: boolean): string | undefined {
  if (usesFormatWaits(typed)) {
    return isNew ? undefined : "Enter “none” for no retry, or waits such as 30s, 5m, 2h";
  }
  const waits = parseWaits(typed);
  if (!waits) return "Enter waits such as 30s, 5m, 2h or 1d, separated by commas, or “none”";
  const { maxItems, items } = endpointLimits.retry_waits_seconds;
  if (waits.length > maxItems) return `Enter at most ${maxItems} waits, not ${waits.length}`;
  return waits.some((seconds) => seconds > items.max) ? `A wait can be at most ${formatWait(items.max)}` : undefined;
}

function numberError(field: NumberField, typed: string): string | undefined {
  const { min, max } = endpointLimits[field];
  const isWhole = /^\d+$/.test(typed.trim());
  return isWhole && Number(typed) >= min && Number(typed) <= max
    ? undefined
    : `Enter a whole number from ${min} to ${max}`;
}

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const wait = /^(\d+)\s*([smhd]?)$/;

const isUnit = (text: string): text is keyof typeof units => Object.hasOwn(units, text);

/** One attempt without retries. */
const never = "none";

/** Returns true for empty text: a new endpoint gets the waits of its format. */
export const usesFormatWaits = (text: string): boolean => text.trim() === "";

/**
 * Parses "5s, 5m, 2h" into seconds and "none" into no waits. Numbers without a unit are seconds. Returns undefined for
 * invalid text.
 */
export function parseWaits(text: string): number[] | undefined {
  if (text.trim().toLowerCase() === never) return [];
  if (usesFormatWaits(text)) return undefined;
  const seconds = text
    .split(/[,;\n]/)
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== "")
    .map((part) => {
      const [, number = "", unit = ""] = wait.exec(part) ?? [];
      return number === "" ? NaN : Number(number) * units[isUnit(unit) ? unit : "s"];
    });
  return seconds.some(Number.isNaN) ? undefined : seconds;
}

/** Uses the largest unit with a whole number: 7200 becomes "2h". */
function formatWait(seconds: number): string {
  const unit = (["d", "h", "m"] as const).find((name) => seconds > 0 && seconds % units[name] === 0) ?? "s";
  return `${seconds / units[unit]}${unit}`;
}

export const formatWaits = (seconds: readonly number[]): string =>
  seconds.length === 0 ? never : seconds.map(formatWait).join(", ");

/** Returns "6 attempts within 5 minutes", without the duration of the attempts. */
export function describeWaits(seconds: readonly number[]): string {
  if (seconds.length === 0) return "No retry: the delivery fails after one attempt";
  const total = seconds.reduce((sum, each) => sum + each, 0);
  const [unit, size] =
    total >= 2 * units.d ? ["day", units.d] : total >= 2 * units.h ? ["hour", units.h] : ["minute", units.m];
  const exact = total / size;
  const count = exact < 10 ? Math.round(exact * 10) / 10 : Math.round(exact);
  return `${seconds.length + 1} attempts within ${count} ${count === 1 ? unit : `${unit}s`}`;
}
