/** The moment of an ISO 8601 text with a zone, or undefined when no calendar has it. */
export function readTime(text: string): Date | undefined {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
