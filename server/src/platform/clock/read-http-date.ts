/** The moment that an HTTP header names as an IMF-fixdate (RFC 9110 §5.6.7), or undefined if it is none. */
export function readHttpDate(text: string): Date | undefined {
  const at = new Date(text);
  // It is what `toUTCString` writes: whatever does not come back as it was is something else, or no day of the calendar.
  return at.toUTCString() === text ? at : undefined;
}
