import { describeMoment } from "./time.tsx";

const hourMs = 3_600_000;

const spans = [
  { title: "Mute for an hour", ms: hourMs },
  { title: "Mute for a day", ms: 24 * hourMs },
  { title: "Mute for a week", ms: 7 * 24 * hourMs },
] as const;

/** Returns the menu items that mute something for a time, or, with null, without end. `endless` is the title of the last one. */
export const muteActions = (endless: string, mute: (until: Date | null) => void) => [
  ...spans.map(({ title, ms }) => ({ title, onClick: () => mute(new Date(Date.now() + ms)) })),
  { title: endless, onClick: () => mute(null) },
];

/** Returns the words behind "muted": none, or " until 24 Nov 2026, 15:42:10 UTC". */
export const untilWords = (until: string | null, timeZone: string): string =>
  until === null ? "" : ` until ${describeMoment(new Date(until), timeZone)}`;
