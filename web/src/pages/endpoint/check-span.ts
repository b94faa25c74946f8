import { isTime } from "./local-text.ts";

/** What is wrong with a span of time, at the field that it is put right in. What is not typed to its end yet is not wrong. */
export function checkSpan(
  since: string,
  until: string,
  now: Date,
): Readonly<Partial<Record<"since" | "until", readonly string[]>>> {
  if (!isTime(since)) return {};
  if (new Date(since) >= now) return { since: ["Must be in the past"] };
  return isTime(until) && new Date(until) <= new Date(since) ? { until: ["Must be later than “Events from”"] } : {};
}
