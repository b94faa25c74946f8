/** A moment in ISO 8601 with milliseconds, in UTC. */
export const isoTime = (msSince1970: number): string => new Date(msSince1970).toISOString();

/** The moment that PostgreSQL has written into JSON. */
export const timeOfIso = (text: string): Date => new Date(text);

const msPerDay = 24 * 60 * 60 * 1000;

/** The moment so many times 24 hours later. */
export const daysAfter = (at: Date, days: number): Date => new Date(at.getTime() + days * msPerDay);
