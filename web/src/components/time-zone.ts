const secondMs = 1000;
const dayMs = 86_400_000;

/** Returns the time zone, or UTC if the browser does not know it. */
export function knownTimeZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}

/** Returns a time as the value of a date input, to the second: "2026-11-24T15:42:10". */
export const dateInputValue = (at: Date, timeZone: string): string =>
  new Date(wallClock(timeZone)(at.getTime())).toISOString().slice(0, 19);

/**
 * Parses the value of a date input as a time in the zone. Returns two times, the earlier one first, for one that is repeated when
 * clocks go back, and none for incomplete input. When clocks go forward, a skipped time is an hour later.
 */
export function momentsOf(typed: string, timeZone: string): readonly Date[] {
  const isDateInput = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(typed);
  const wallMs = isDateInput ? Date.parse(`${typed}Z`) : Number.NaN;
  if (Number.isNaN(wallMs)) return [];
  const [wallClockMs, offsetMs] = [wallClock(timeZone), zoneOffset(timeZone)];
  // The offset before and after any change of clocks that is near.
  const candidates = [wallMs - dayMs, wallMs + dayMs].map((nearMs) => wallMs - offsetMs(nearMs));
  const exact = candidates.filter((ms) => wallClockMs(ms) === Math.floor(wallMs / secondMs) * secondMs);
  const all = exact.length > 0 ? new Set(exact) : [Math.max(...candidates)];
  return [...all].toSorted((a, b) => a - b).map((ms) => new Date(ms));
}

/** Returns the start of the day that contains `at`, or of a day some days later. */
export function startOfDay(at: Date, timeZone: string, daysLater = 0): Date {
  const day = new Date(wallClock(timeZone)(at.getTime()));
  day.setUTCDate(day.getUTCDate() + daysLater);
  return momentsOf(`${day.toISOString().slice(0, 10)}T00:00:00`, timeZone)[0] ?? at;
}

/** Returns a function that returns how far the zone's clocks are ahead of UTC at a time. */
export function zoneOffset(timeZone: string): (ms: number) => number {
  const wallClockMs = wallClock(timeZone);
  return (ms) => wallClockMs(ms) - Math.floor(ms / secondMs) * secondMs;
}

/** Returns a function that returns whether clocks in the zone show a time twice, because they go back. */
export function isRepeated(timeZone: string): (ms: number) => boolean {
  const offsetMs = zoneOffset(timeZone);
  return (ms) => {
    const ownMs = offsetMs(ms);
    const others = [offsetMs(ms - dayMs), offsetMs(ms + dayMs)].filter((otherMs) => otherMs !== ownMs);
    return others.some((otherMs) => offsetMs(ms + ownMs - otherMs) === otherMs);
  };
}

/** Returns a function that returns the time on a clock in the zone as if that clock showed UTC, to the second. */
function wallClock(timeZone: string): (ms: number) => number {
  const format = wallClockFormat(timeZone);
  return (ms) => {
    const parts = new Map<string, number>(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  };
}

const wallClockFormat = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("en", {
    timeZone: knownTimeZone(timeZone),
    calendar: "iso8601",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
