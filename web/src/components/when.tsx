import { useSession } from "../api/session-context.ts";
import { describeDistance, describeMoment } from "../time/describe-time.ts";
import { useNow } from "../time/use-now.ts";

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
