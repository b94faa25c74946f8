import { endpointLimits } from "../../api/facts.ts";
import type { EndpointDraft } from "./endpoint-draft.ts";

type NumberField = "timeout_seconds" | "max_in_flight" | "max_per_second";

/** Returns the errors of the typed values by the API's field name. The form sends nothing while there are errors. */
export function checkDraft(draft: EndpointDraft, isNew: boolean): Readonly<Record<string, readonly string[]>> {
  const errors: readonly (readonly [string, string | undefined])[] = [
    ["retry_waits_seconds", waitsError(draft.waits, isNew)],
    ["timeout_seconds", numberError("timeout_seconds", draft.timeout)],
    ["max_in_flight", draft.inFlight.trim() === "" ? undefined : numberError("max_in_flight", draft.inFlight)],
    ["max_per_second", draft.perSecond.trim() === "" ? undefined : numberError("max_per_second", draft.perSecond)],
  ];
  return Object.fromEntries(errors.flatMap(([field, error]) => (error === undefined ? [] : [[field, [error]]])));
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
    total >= 2 * units.d ? ["days", units.d] : total >= 2 * units.h ? ["hours", units.h] : ["minutes", units.m];
  return `${seconds.length + 1} attempts within ${Math.round((total / size) * 10) / 10} ${unit}`;
}
