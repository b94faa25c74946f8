/** A moment in ISO 8601 with milliseconds, in UTC. */
export const isoTime = (msSince1970: number): string => new Date(msSince1970).toISOString();
