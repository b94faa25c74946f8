import { useSyncExternalStore } from "react";
import { useSession } from "../api/session.tsx";

export interface WhenProps {
  readonly at: string;
  /** Shows the exact time beside the distance, and not only as a tooltip. */
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

function onTick(onChange: () => void): () => void {
  const timer = setInterval(onChange, tickMs);
  return () => clearInterval(timer);
}

/** Returns the current second. Renders the component again each second. */
export function useNow(): Date {
  return new Date(useSyncExternalStore(onTick, () => Math.floor(Date.now() / tickMs)) * tickMs);
}

const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** Below this distance, seconds are meaningless: clocks differ by as much. */
const nowSeconds = 5;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** Returns "now", "3 minutes ago", "in 40 seconds". */
export function describeDistance(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return relative.format(Math.abs(seconds) < nowSeconds ? 0 : seconds, "second");
}

/** Returns "24 Nov 2026, 15:42:10 UTC", in the provider's time zone. */
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
    // The browser does not know the zone, so UTC is used.
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  }
}

/** Returns the time zone of the browser's date inputs. */
export const browserTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Returns the time in each zone, once if they agree: "24 Nov 2026, 16:42:10 CET (24 Nov 2026, 15:42:10 UTC)". */
export function describeInZones(at: Date, timeZones: readonly string[]): string {
  const [first = "", ...others] = new Set(timeZones.map((timeZone) => describeMoment(at, timeZone)));
  return others.length > 0 ? `${first} (${others.join(", ")})` : first;
}
