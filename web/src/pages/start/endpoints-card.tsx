import { Link } from "@tanstack/react-router";
import type { EndpointHealth } from "../../api/statistics.ts";
import { ChartCard } from "../../components/charts/attempt-charts.tsx";
import { Sparkline } from "../../components/charts/sparkline.tsx";
import {
  HealthLabel,
  byUrgency,
  healthName,
  healthStates,
  needsAttention,
} from "../../components/endpoint/endpoint-health.tsx";
import { Name } from "../../components/labels.tsx";

/** As many as fit beside the chart with their reasons. The list shows all. */
const shownMax = 3;

/** Counts the endpoints by health, and shows those that need attention first. */
export function EndpointsCard({ health }: { health: readonly EndpointHealth[] | undefined }) {
  return (
    <ChartCard title="Endpoints" isLoading={!health} actions={<Link to="/endpoints">All endpoints</Link>}>
      {health && (
        <>
          <ul className="bellwire-counts">
            {healthStates.map((state) => {
              const count = health.filter((endpoint) => endpoint.state === state).length;
              return (
                count > 0 && (
                  <li key={state}>
                    <Link to="/endpoints" className="bellwire-figure-link">
                      <b>{count}</b> {healthName(state).toLowerCase()}
                    </Link>
                  </li>
                )
              );
            })}
          </ul>
          <ul className="bellwire-items">
            {health
              .toSorted(byUrgency)
              .slice(0, shownMax)
              .map((endpoint) => (
                <li key={endpoint.endpoint_id}>
                  <div className="bellwire-item-line">
                    <Link
                      to="/endpoints/$id"
                      params={{ id: String(endpoint.endpoint_id) }}
                      className="bellwire-ellipsis"
                    >
                      <Name>{endpoint.endpoint_name}</Name>
                    </Link>
                    <HealthLabel health={endpoint} />
                    <Sparkline points={endpoint.sparkline} />
                  </div>
                  {needsAttention(endpoint.state) && <p className="bellwire-subtle">{endpoint.sentence}</p>}
                </li>
              ))}
          </ul>
        </>
      )}
    </ChartCard>
  );
}
