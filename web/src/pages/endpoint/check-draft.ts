import type { EndpointDraft } from "./endpoint-draft.ts";

/** As the API has them. */
const waitsMost = 50;
const waitMostSeconds = 604_800;
const limits = { timeout_seconds: 60, max_in_flight: 1000, max_per_second: 100_000 } as const;

type Numbers = keyof typeof limits;

/** What is wrong with what is typed, by the API's field: nothing is guessed at, and nothing is sent until it is right. */
export function checkDraft(draft: EndpointDraft, isNew: boolean): Readonly<Record<string, readonly string[]>> {
  const wrong: readonly (readonly [string, string | undefined])[] = [
    ["retry_waits_seconds", wrongWaits(draft.waits, isNew)],
    ["timeout_seconds", wrongNumber("timeout_seconds", draft.timeout)],
    ["max_in_flight", draft.inFlight.trim() === "" ? undefined : wrongNumber("max_in_flight", draft.inFlight)],
    ["max_per_second", draft.perSecond.trim() === "" ? undefined : wrongNumber("max_per_second", draft.perSecond)],
  ];
  return Object.fromEntries(wrong.flatMap(([field, says]) => (says === undefined ? [] : [[field, [says]]])));
}

function wrongWaits(typed: string, isNew: boolean): string | undefined {
  if (isLeftToFormat(typed)) {
    return isNew ? undefined : "Write “none” if nothing is to be tried again, or waits such as 30s, 5m, 2h";
  }
  const waits = readWaits(typed);
  if (!waits) return "Write waits as 30s, 5m, 2h or 1d, with commas between them, or “none”";
  if (waits.length > waitsMost) return `There are ${waits.length} waits, and ${waitsMost} are the most`;
  return waits.some((seconds) => seconds > waitMostSeconds) ? "A wait is 7d at most" : undefined;
}

function wrongNumber(field: Numbers, typed: string): string | undefined {
  const most = limits[field];
  const isWhole = /^\d+$/.test(typed.trim());
  return isWhole && Number(typed) >= 1 && Number(typed) <= most ? undefined : `Write a whole number from 1 to ${most}`;
}

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const wait = /^(\d+)\s*([smhd]?)$/;

const isUnit = (text: string): text is keyof typeof units => Object.hasOwn(units, text);

/** What is tried once and not again. */
const never = "none";

/** Nothing is said: a new endpoint takes the waits of its format. */
export const isLeftToFormat = (text: string): boolean => text.trim() === "";

/** "5s, 5m, 2h" in seconds, "none" as no waits; undefined for what cannot be read. A bare number is in seconds. */
export function readWaits(text: string): number[] | undefined {
  if (text.trim().toLowerCase() === never) return [];
  if (isLeftToFormat(text)) return undefined;
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

/** The largest unit that says it in a whole number: 7200 is "2h". */
function writeWait(seconds: number): string {
  const unit = (["d", "h", "m"] as const).find((it) => seconds > 0 && seconds % units[it] === 0) ?? "s";
  return `${seconds / units[unit]}${unit}`;
}

export const writeWaits = (seconds: readonly number[]): string =>
  seconds.length === 0 ? never : seconds.map(writeWait).join(", ");

/** "6 attempts within 5m", without the time that the attempts themselves take. */
export function describeWaits(seconds: readonly number[]): string {
  if (seconds.length === 0) return "No retry: one attempt, and what is not answered as it should be has failed";
  const total = seconds.reduce((sum, each) => sum + each, 0);
  const [unit, size] =
    total >= 2 * units.d ? ["days", units.d] : total >= 2 * units.h ? ["hours", units.h] : ["minutes", units.m];
  return `${seconds.length + 1} attempts within ${Math.round((total / size) * 10) / 10} ${unit}`;
}
