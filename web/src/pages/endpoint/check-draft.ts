import type { EndpointDraft } from "./endpoint-draft.ts";
import { isLeftToFormat, readWaits } from "./retry-waits.ts";

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
