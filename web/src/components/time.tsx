import { useMemo, useSyncExternalStore } from "react";
import { useSession } from "../api/session.tsx";
import { knownTimeZone } from "./time-zone.ts";

export interface WhenProps {
  readonly at: string;
  /** Shows the exact time beside the distance, and not only as a tooltip. */
  readonly isExact?: boolean;
}

export function When({ at, isExact = false }: WhenProps) {
  const { timeZone } = useSession();
  const distance = useDistance(at);
  // A format takes 200 µs to build.
  const exact = useMemo(() => describeMoment(new Date(at), timeZone), [at, timeZone]);
  return (
    <time className={isExact ? undefined : "bellwire-nowrap"} dateTime={at} title={exact}>
      {isExact ? `${exact} (${distance})` : distance}
    </time>
  );
}

const tickMs = 1000;

function onTick(onChange: () => void): () => void {
  const timer = setInterval(onChange, tickMs);
  return () => clearInterval(timer);
}

const presentSecond = (): Date => new Date(Math.floor(Date.now() / tickMs) * tickMs);

/** Returns the current second. Renders the component again each second. */
export const useNow = (): Date => new Date(useSyncExternalStore(onTick, () => presentSecond().getTime()));

/** Renders the component again only when the text changes: a list may have a thousand times. */
const useDistance = (at: string): string =>
  useSyncExternalStore(onTick, () => describeDistance(new Date(at), presentSecond()));

const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** Below this distance, seconds are meaningless: clocks differ by as much. */
const nowSeconds = 5;

/** Never "yesterday": 47 hours ago may be the day before. */
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** Returns "now", "3 minutes ago", "in 40 seconds". */
export function describeDistance(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return Math.abs(seconds) < nowSeconds ? "now" : relative.format(seconds, "second");
}

/** Returns "24 Nov 2026, 15:42:10 UTC", in the provider's time zone. */
export const describeMoment = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
    timeZone: knownTimeZone(timeZone),
  }).format(at);

/** Returns "Tuesday, 24 November 2026", in the provider's time zone. */
export const describeDay = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeZone: knownTimeZone(timeZone) }).format(at);

/** Returns "15:42:10", in the provider's time zone. */
export const describeClock = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: knownTimeZone(timeZone) }).format(at);

/** Returns "< 1 ms", "840 ms", "1.2 s". Attempts record whole milliseconds. */
export function describeLatency(ms: number): string {
  if (ms < 1) return "< 1 ms";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toLocaleString("en", { maximumFractionDigits: 1 })} s`;
}
