import { readLenientTime } from "#platform/clock/read-lenient-time.ts";

const zoned = /^\d{4}-\d\d-\d\d[t ]\d\d:\d\d(:\d\d([.,]\d+)?)?(z|[-+ ]\d\d:?\d\d)$/i;

/** A time in ISO 8601 that says its zone. What does not is no time here: nobody could tell when a token ends. */
export const readZonedTime = (text: string, now: Date): Date | undefined =>
  zoned.test(text.trim()) ? readLenientTime(text, now) : undefined;
