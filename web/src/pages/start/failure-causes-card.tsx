import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { type Outcome, type StatisticsSubject, outcomesQuery } from "../../api/statistics.ts";
import { ChartCard, outcomeChart, outcomeName } from "../../components/charts/attempt-charts.tsx";
import { formatCount } from "../../components/charts/axes.ts";
import { FigureLink } from "../../components/charts/list-links.tsx";

const causes = {
  "2xx": undefined,
  "3xx": "The receiver redirects",
  "4xx": "The receiver rejects the request",
  "5xx": "The receiver has an error",
  timeout: "The receiver does not respond in time",
  connection: "No connection to the receiver",
  tls: "The certificate or TLS is not accepted",
  forbidden: "The address is not allowed",
} as const satisfies Record<Outcome, string | undefined>;

/** The failed attempts of the span by their cause, the most frequent first. */
export function FailureCausesCard({ subject }: { subject: StatisticsSubject }) {
  const { data } = useQuery(outcomesQuery(useApi(), subject));
  const failed = data && outcomeChart(data).totals.filter(({ outcome, attempts }) => causes[outcome] && attempts > 0);
  const max = Math.max(1, ...(failed ?? []).map(({ attempts }) => attempts));
  return (
    <ChartCard title="Failure causes" isLoading={!failed} actions={<Link to="/failures">All failures</Link>}>
      {failed?.length === 0 && <p className="bellwire-subtle">No failed attempts in this span.</p>}
      <ul className="bellwire-items">
        {failed
          ?.toSorted((one, other) => other.attempts - one.attempts)
          .map(({ outcome, attempts }) => (
            <li key={outcome}>
              <div className="bellwire-item-line">
                <span className="bellwire-ellipsis">
                  <b>{outcomeName(outcome)}</b> <span className="bellwire-subtle">{causes[outcome]}</span>
                </span>
                <FigureLink
                  filter={{ outcome, endpointId: subject.endpointId, span: subject.span }}
                  of={`attempts: ${outcomeName(outcome)}`}
                >
                  {formatCount(attempts)}
                </FigureLink>
              </div>
              <div className={`bellwire-bar bellwire-${outcome}`} style={{ width: `${(attempts / max) * 100}%` }} />
            </li>
          ))}
      </ul>
    </ChartCard>
  );
}
