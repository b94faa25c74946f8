import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { failureGroupsQuery } from "../../api/deliveries.ts";
import { ChartCard } from "../../components/charts/attempt-charts.tsx";
import { formatCount } from "../../components/charts/axes.ts";
import { Name } from "../../components/labels.tsx";
import { When } from "../../components/time.tsx";

const shownMax = 5;

/** The present failures by cause, the most frequent first. Muted causes are left out. */
export function FailureCausesCard() {
  const { data } = useQuery(failureGroupsQuery(useApi()));
  const groups = data?.filter(({ mute }) => mute === null);
  const max = Math.max(1, ...(groups ?? []).map(({ count }) => count));
  return (
    <ChartCard title="Failure causes" isLoading={!groups} actions={<Link to="/failures">All failures</Link>}>
      {groups?.length === 0 && <p className="bellwire-subtle">No failures to act on.</p>}
      <ul className="bellwire-items">
        {groups
          ?.toSorted((one, other) => other.count - one.count)
          .slice(0, shownMax)
          .map(({ id, endpoint_id, endpoint_name, newest, count, last_failed_at }) => (
            <li key={id}>
              <div className="bellwire-item-line">
                <span className="bellwire-ellipsis" title={newest.error}>
                  {newest.error}
                </span>
                <Link to="/failures" search={{ endpoint_id }} className="bellwire-figure-link">
                  {formatCount(count)}
                  <span className="pf-v6-screen-reader"> failures: {newest.error}</span>
                </Link>
              </div>
              <div className="bellwire-cause-bar bellwire-5xx" style={{ width: `${(count / max) * 100}%` }} />
              <div className="bellwire-item-line bellwire-subtle">
                <span className="bellwire-ellipsis">
                  <Name>{endpoint_name}</Name>
                </span>
                <When at={last_failed_at} />
              </div>
            </li>
          ))}
      </ul>
    </ChartCard>
  );
}
