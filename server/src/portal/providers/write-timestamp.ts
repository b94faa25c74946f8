/**
 * Formats a time as ISO 8601 in whole seconds: `2026-03-01T09:00:00Z` in UTC, `2026-03-01T10:00:00+01:00` elsewhere.
 */
export function writeTimestamp(at: Date, timeZone: string): string {
  if (timeZone === "UTC" || timeZone === "Etc/UTC") return `${at.toISOString().slice(0, 19)}Z`;
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toString({ timeZone, smallestUnit: "second" });
}

/**
 * Returns whether there is an IANA time zone of this name. Rejects offsets such as +05:30, which Node accepts, because
 * they have no daylight saving time.
 */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    // Not cached: names can be spelled in many ways, so a client could fill the cache.
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
