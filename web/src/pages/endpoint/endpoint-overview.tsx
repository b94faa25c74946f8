import { Alert, DescriptionList, Grid, GridItem, Stack, StackItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { formatCount } from "../../components/counts.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { newestFailuresQuery } from "../../api/deliveries.ts";
import type { Endpoint } from "../../api/endpoints.ts";
import { type EndpointHealth, endpointHealthQuery, figuresQuery } from "../../api/statistics.ts";
import { ChartCard, LatencyChart, OutcomeChart, SuccessRateChart } from "../../components/charts/attempt-charts.tsx";
import { FigureTiles } from "../../components/charts/figure-tiles.tsx";
import { FigureLink } from "../../components/charts/list-links.tsx";
import { SpanChoice } from "../../components/charts/span-choice.tsx";
import type { TimeSpan } from "../../components/charts/time-span.ts";
import { healthName, needsAttention } from "../../components/endpoint/endpoint-health.tsx";
import { formatName } from "../../components/endpoint/endpoint-state.tsx";
import { Fact } from "../../components/facts.tsx";
import { When } from "../../components/time.tsx";

export interface EndpointOverviewProps {
  readonly endpoint: Endpoint;
  readonly span: TimeSpan;
  readonly onSpan: (span: TimeSpan) => void;
}

/** How the endpoint fares: its health with advice, figures and charts of its deliveries. */
export function EndpointOverview({ endpoint, span, onSpan }: EndpointOverviewProps) {
  const api = useApi();
  const subject = { span, endpointId: endpoint.id };
  const healthOf = useQuery(endpointHealthQuery(api, endpoint.id));
  const { data: health } = healthOf;
  const figures = useQuery(figuresQuery(api, subject));
  const backlog = health && { waiting: health.waiting, oldestSeconds: health.oldest_waiting_seconds };
  return (
    <Stack hasGutter>
      {health && needsAttention(health.state) && endpoint.state === "enabled" && (
        <StackItem>
          <HealthNotice health={health} />
        </StackItem>
      )}
      <StackItem>
        <SpanChoice span={span} onChoose={onSpan} />
      </StackItem>
      <StackItem>
        <FigureTiles
          figures={figures}
          backlog={{ data: backlog, errorUpdateCount: healthOf.errorUpdateCount }}
          span={span}
          filter={{ endpointId: endpoint.id, span }}
        />
        <Grid hasGutter>
          <GridItem>
            <OutcomeChart subject={subject} />
          </GridItem>
          <GridItem lg={6}>
            <LatencyChart figures={figures} />
          </GridItem>
          <GridItem lg={6}>
            <SuccessRateChart figures={figures} />
          </GridItem>
          <GridItem>
            <ChartCard title="Status" queries={[]}>
              <EndpointFacts endpoint={endpoint} health={health} />
            </ChartCard>
          </GridItem>
        </Grid>
      </StackItem>
    </Stack>
  );
}

const FailuresLink = ({ endpointId, children }: { endpointId: number; children: string }) => (
  <Link to="/failures" search={{ endpoint_id: String(endpointId) }}>
    {children}
  </Link>
);

function HealthNotice({ health: { endpoint_id, state, sentence, advice, since } }: { health: EndpointHealth }) {
  return (
    <Alert
      isInline
      component="h2"
      variant={state === "degraded" ? "warning" : "danger"}
      title={`${healthName(state)}: ${sentence}`}
      actionLinks={<FailuresLink endpointId={endpoint_id}>Show its failures</FailuresLink>}
    >
      {advice}{" "}
      <span className="bellwire-subtle">
        {healthName(state)} since <When at={since} isExact />.
      </span>
    </Alert>
  );
}

function EndpointFacts({ endpoint, health }: { endpoint: Endpoint; health: EndpointHealth | undefined }) {
  const { data: failures } = useQuery(newestFailuresQuery(useApi(), endpoint.id));
  const newest = failures?.data[0];
  const unknown = "…";
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col", lg: "3Col" }}>
      <Fact term="Waiting">
        <FigureLink filter={{ endpointId: endpoint.id, state: "pending" }}>
          {health ? formatCount(health.waiting) : unknown}
        </FigureLink>
      </Fact>
      <Fact term="Last failure">
        {newest ? (
          <>
            <Link to="/deliveries/$id" params={{ id: newest.delivery_id }}>
              {newest.error}
            </Link>{" "}
            <When at={newest.failed_at} /> <FailuresLink endpointId={endpoint.id}>All failures</FailuresLink>
          </>
        ) : failures ? (
          "None"
        ) : (
          unknown
        )}
      </Fact>
      <Fact term="Open requests">{health ? openRequests(health) : unknown}</Fact>
      <Fact term="Format">{formatName[endpoint.format]}</Fact>
      <Fact term="Events">
        {endpoint.event_types.includes("*") ? "Every change" : `${endpoint.event_types.length} selected`}
      </Fact>
      <Fact term="Created">
        <When at={endpoint.created_at} isExact />
      </Fact>
      <Fact term="Updated">
        <When at={endpoint.updated_at} isExact />
      </Fact>
    </DescriptionList>
  );
}

/** No engine has a limit for an endpoint that nothing waits for. */
const openRequests = ({ in_flight, window }: EndpointHealth): string =>
  window === null ? String(in_flight) : `${in_flight} of at most ${window}`;
