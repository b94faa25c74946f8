import { useSyncExternalStore } from "react";
import { useSession } from "../api/session.tsx";

export interface WhenProps {
  readonly at: string;
  /** Says the moment beside the distance, instead of on hover only. */
  readonly isExact?: boolean;
}

export function When({ at, isExact = false }: WhenProps) {
  const now = useNow();
  const { timeZone } = useSession();
  const moment = new Date(at);
  const exact = describeMoment(moment, timeZone);
  return (
    <time className={isExact ? undefined : "bellwire-nowrap"} dateTime={at} title={exact}>
      {isExact ? `${exact} (${describeDistance(moment, now)})` : describeDistance(moment, now)}
    </time>
  );
}

const tickMs = 1000;

function onTick(tell: () => void): () => void {
  const timer = setInterval(tell, tickMs);
  return () => clearInterval(timer);
}

/** The present second. Whoever uses it is drawn again as time goes by. */
export function useNow(): Date {
  return new Date(useSyncExternalStore(onTick, () => Math.floor(Date.now() / tickMs)) * tickMs);
}

const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** Nearer than this the seconds say nothing: clocks differ by as much. */
const nowSeconds = 5;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** "now", "3 minutes ago", "in 40 seconds". */
export function describeDistance(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return relative.format(Math.abs(seconds) < nowSeconds ? 0 : seconds, "second");
}

/** "24 Nov 2026, 15:42:10 UTC", in the provider's time zone. */
export function describeMoment(at: Date, timeZone: string): string {
  return momentFormat(timeZone).format(at);
}

function momentFormat(timeZone: string): Intl.DateTimeFormat {
  const options = {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  } as const;
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
  } catch {
    // A zone that this browser has never heard of: a right time in UTC is better than none.
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  }
}

/** The zone in which the browser's own inputs take a time. */
export const browserTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A moment as each of these zones has it, once if they agree: "24 Nov 2026, 16:42:10 CET (24 Nov 2026, 15:42:10 UTC)". */
export function describeInZones(at: Date, timeZones: readonly string[]): string {
  const [first = "", ...others] = new Set(timeZones.map((timeZone) => describeMoment(at, timeZone)));
  return others.length > 0 ? `${first} (${others.join(", ")})` : first;
}
