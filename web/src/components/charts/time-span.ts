const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** The spans that charts offer, by their name in the address. */
export const timeSpans = [
  { name: "15m", label: "15 min", long: "15 minutes", seconds: 15 * minute },
  { name: "1h", label: "1 h", long: "hour", seconds: hour },
  { name: "6h", label: "6 h", long: "6 hours", seconds: 6 * hour },
  { name: "24h", label: "24 h", long: "24 hours", seconds: day },
  { name: "7d", label: "7 days", long: "7 days", seconds: 7 * day },
  { name: "30d", label: "30 days", long: "30 days", seconds: 30 * day },
  { name: "90d", label: "90 days", long: "90 days", seconds: 90 * day },
] as const;

export type TimeSpan = (typeof timeSpans)[number];
export type TimeSpanName = TimeSpan["name"];

export const defaultTimeSpan: TimeSpanName = "24h";

/** The page's address without the default span. */
export interface TimeSpanSearch {
  readonly span?: TimeSpanName;
}

/** Parses the span from the page's address. Invalid values are ignored. */
export function readTimeSpanSearch({ span }: Record<string, unknown>): TimeSpanSearch {
  const found = timeSpans.find(({ name }) => name === span);
  return found && found.name !== defaultTimeSpan ? { span: found.name } : {};
}

export function findTimeSpan(name: TimeSpanName = defaultTimeSpan): TimeSpan {
  const found = timeSpans.find((span) => span.name === name);
  if (!found) throw new Error(`There is no span ${name}.`);
  return found;
}

/** Short spans change visibly with each delivery. Longer ones are fetched once a minute. */
export const isShortSpan = ({ seconds }: TimeSpan): boolean => seconds <= 6 * hour;

export interface TimeRange {
  readonly since: Date;
  readonly until: Date;
}

/** Returns the range of the span that ends now. */
export const rangeOf = ({ seconds }: TimeSpan, now: Date): TimeRange => ({
  since: new Date(now.getTime() - seconds * 1000),
  until: now,
});

/** Returns the range of the same length that ends where this one begins. */
export const rangeBefore = ({ since, until }: TimeRange): TimeRange => ({
  since: new Date(2 * since.getTime() - until.getTime()),
  until: since,
});
