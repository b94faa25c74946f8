import { Flex, FlexItem, Grid, GridItem, PageSection, Stack, StackItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { mayOpen, useSession } from "../../api/session.tsx";
import { type EndpointHealth, figuresQuery, healthQuery } from "../../api/statistics.ts";
import { LatencyChart, OutcomeChart } from "../../components/charts/attempt-charts.tsx";
import { type Backlog, FigureTiles } from "../../components/charts/figure-tiles.tsx";
import { SpanChoice } from "../../components/charts/span-choice.tsx";
import { findTimeSpan } from "../../components/charts/time-span.ts";
import { LiveLabel } from "../../components/labels.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { ApprovalsCard, GrowthCard, SignUpsCard } from "./developers-cards.tsx";
import { EndpointsCard } from "./endpoints-card.tsx";
import { FailureCausesCard } from "./failure-causes-card.tsx";
import "./dashboard.css";

const route = getRouteApi("/");

/** All deliveries of the provider at a glance: figures, charts, endpoints that need attention, and developers. */
export function Dashboard() {
  const api = useApi();
  const session = useSession();
  const span = findTimeSpan(route.useSearch().span);
  const navigate = route.useNavigate();
  const subject = { span };
  const { data: figures } = useQuery(figuresQuery(api, subject));
  const { data: health } = useQuery(healthQuery(api));
  const isWithDevelopers = mayOpen(session, "/accounts");
  return (
    <>
      <PageHeader
        title={session.providerName}
        actions={
          <Flex alignItems={{ default: "alignItemsCenter" }} gap={{ default: "gapSm" }}>
            <FlexItem>
              <LiveLabel />
            </FlexItem>
            <FlexItem>
              <SpanChoice
                span={span}
                onChoose={({ name }) => void navigate({ to: "/", search: { span: name }, replace: true })}
              />
            </FlexItem>
          </Flex>
        }
      />
      <PageSection isFilled aria-label="Dashboard" className="bellwire-dashboard">
        <FigureTiles figures={figures} backlog={health && backlogOf(health)} span={span} filter={{ span }} />
        <Grid hasGutter>
          <GridItem lg={8}>
            <OutcomeChart subject={subject} />
          </GridItem>
          <GridItem lg={4}>
            <EndpointsCard health={health} />
          </GridItem>
          <GridItem lg={8}>
            <LatencyChart figures={figures} />
          </GridItem>
          <GridItem lg={4}>
            <FailureCausesCard />
          </GridItem>
          {isWithDevelopers && (
            <>
              <GridItem md={6} lg={8}>
                <GrowthCard span={span} />
              </GridItem>
              <GridItem md={6} lg={4}>
                <Stack hasGutter>
                  <StackItem>
                    <SignUpsCard />
                  </StackItem>
                  <StackItem isFilled>
                    <ApprovalsCard />
                  </StackItem>
                </Stack>
              </GridItem>
            </>
          )}
        </Grid>
      </PageSection>
    </>
  );
}

/** Adds up the backlogs of all endpoints. */
export function backlogOf(health: readonly Pick<EndpointHealth, "waiting" | "oldest_waiting_seconds">[]): Backlog {
  const ages = health.flatMap(({ oldest_waiting_seconds: age }) => age ?? []);
  return {
    waiting: health.reduce((sum, { waiting }) => sum + waiting, 0),
    oldestSeconds: ages.length > 0 ? Math.max(...ages) : null,
  };
}
