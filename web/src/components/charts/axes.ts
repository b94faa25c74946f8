import { nice, ticks } from "d3-array";
import { formatCount } from "../counts.ts";
import { isRepeated, knownTimeZone, zoneOffset } from "../time-zone.ts";

export interface ValueAxis {
  /** The value at the top of the chart. */
  readonly max: number;
  readonly ticks: readonly number[];
}

const valueTicks = 4;

/** Returns an axis from 0 to a round number that no value exceeds. Counts have no ticks between whole numbers. */
export function valueAxis(values: readonly number[], leastMax = 1, isCount = false): ValueAxis {
  const [, max] = nice(0, Math.max(leastMax, ...values), valueTicks);
  return { max, ticks: ticks(0, max, valueTicks).filter((tick) => !isCount || Number.isInteger(tick)) };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** The distances between labels of a time axis. */
const stepsMs = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minuteMs),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hourMs),
  ...[1, 2, 7, 14, 28].map((days) => days * dayMs),
];

/** Returns the indexes of the points to label: full hours or days of the time zone, at most `labelsMax` of them. */
export function timeTicks(times: readonly Date[], labelsMax: number, timeZone: string): readonly number[] {
  const [first, last] = [times[0], times.at(-1)];
  if (!first || !last) return [];
  const lengthMs = last.getTime() - first.getTime();
  const stepMs = stepsMs.find((step) => lengthMs / step <= labelsMax) ?? lengthMs;
  const offsetAt = zoneOffset(timeZone);
  const offsetMs = offsetAt(last.getTime());
  const isChanged = offsetAt(first.getTime()) !== offsetMs;
  const slotOf = (time: Date): number =>
    Math.floor((time.getTime() + (isChanged ? offsetAt(time.getTime()) : offsetMs)) / stepMs);
  return times.flatMap((time, index) => {
    const previous = times[index - 1];
    return previous && slotOf(previous) !== slotOf(time) ? [index] : [];
  });
}

const timeFormat = (timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("en-GB", { ...options, timeZone: knownTimeZone(timeZone) });

export type TimeFormat = (at: Date) => string;

/** Returns the zone in which points are named. A day of the statistics is a day of UTC. */
export const zoneOfPoints = (intervalMs: number, timeZone: string): string => (intervalMs >= dayMs ? "UTC" : timeZone);

/** Returns the text below a tick: "14:05" within two days, otherwise "24 Nov". */
export function tickFormat(lengthMs: number, timeZone: string): TimeFormat {
  const options = lengthMs <= 2 * dayMs ? ({ hour: "2-digit", minute: "2-digit" } as const) : dayAndMonth;
  const format = timeFormat(timeZone, options);
  return (at) => format.format(at);
}

const dayAndMonth = { day: "numeric", month: "short" } as const;

/**
 * Returns the name of a point that covers `intervalMs`: "24 Nov, 14:05", or "24 Nov" for a day. A time that clocks show twice has its zone:
 * "25 Oct, 02:00 CEST".
 */
export function pointFormat(intervalMs: number, timeZone: string): TimeFormat {
  const zone = zoneOfPoints(intervalMs, timeZone);
  const options = { ...dayAndMonth, ...(intervalMs < dayMs && ({ hour: "2-digit", minute: "2-digit" } as const)) };
  const [format, withZone] = [timeFormat(zone, options), timeFormat(zone, { ...options, timeZoneName: "short" })];
  const isTwofold = isRepeated(zone);
  return (at) => (isTwofold(at.getTime()) ? withZone : format).format(at);
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Returns "12.4K", for places without room. */
export const formatShortCount = (count: number): string =>
  count < 10_000 ? formatCount(count) : compact.format(count);

/** Returns "99.7 %". Never rounds a failure away: below 1, the result is below 100 %. */
export function formatRate(rate: number): string {
  const percent = rate * 100;
  const rounded = percent >= 99.95 && rate < 1 ? Math.floor(percent * 100) / 100 : Math.round(percent * 10) / 10;
  return `${rounded} %`;
}

/** Returns "0.4 ms", "38 ms", "1.2 s" or "4 min". */
export function formatDuration(ms: number): string {
  if (ms < 1) return ms === 0 ? "0 ms" : `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < minuteMs) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < hourMs) return `${Math.round(ms / minuteMs)} min`;
  if (ms < 2 * dayMs) return `${Math.round(ms / hourMs)} h`;
  return `${Math.round(ms / dayMs)} days`;
}
