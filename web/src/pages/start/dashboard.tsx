import { Flex, FlexItem, Grid, GridItem, PageSection, Stack, StackItem } from "@patternfly/react-core";
import { useQuery, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { countOf, formatCount } from "../../components/counts.ts";
import {
  type PendingSubscription,
  accountPlanRequestsQuery,
  pendingCountQuery,
  pendingSubscriptionsQuery,
  unreadCountMax,
  unreadMessagesQuery,
} from "../../api/accounts.ts";
import { planRequestsQuery } from "../../api/applications.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { failureGroupsQuery } from "../../api/deliveries.ts";
import { eventsQuery } from "../../api/events.ts";
import { useManagement } from "../../api/management-client.ts";
import { mayOpen, mayReadPlans, useSession } from "../../api/session.tsx";
import { type EndpointHealth, figuresQuery, healthQuery, growthQuery, intervalMsOf } from "../../api/statistics.ts";
import { LatencyChart, OutcomeChart, ChartCard, pointsOf } from "../../components/charts/attempt-charts.tsx";
import { type Backlog, FigureTiles } from "../../components/charts/figure-tiles.tsx";
import { SpanChoice } from "../../components/charts/span-choice.tsx";
import { Sparkline } from "../../components/charts/sparkline.tsx";
import { TimeChart } from "../../components/charts/time-chart.tsx";
import { findTimeSpan, type TimeSpan } from "../../components/charts/time-span.ts";
import {
  HealthLabel,
  byUrgency,
  healthName,
  healthStates,
  needsAttention,
} from "../../components/endpoint/endpoint-health.tsx";
import type { PartQuery } from "../../components/loaded.tsx";
import { LiveLabel, Name } from "../../components/labels.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { PlanRequestLink } from "../../components/plans/plan-requests.tsx";
import { When } from "../../components/time.tsx";
import "./dashboard.css";

const route = getRouteApi("/");

/** All deliveries of the provider at a glance: figures, charts, endpoints that need attention, and developers. */
export function Dashboard() {
  const api = useApi();
  const session = useSession();
  const span = findTimeSpan(route.useSearch().span);
  const navigate = route.useNavigate();
  const subject = { span };
  const figures = useQuery(figuresQuery(api, subject));
  const health = useQuery(healthQuery(api));
  const backlog = { data: health.data && backlogOf(health.data), errorUpdateCount: health.errorUpdateCount };
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
        <FigureTiles figures={figures} backlog={backlog} span={span} filter={{ span }} />
        <Grid hasGutter>
          <GridItem lg={8}>
            <OutcomeChart subject={subject} />
          </GridItem>
          <GridItem lg={4}>
            <EndpointsCard query={health} />
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

const shownMax = 5;

/** The present failures by cause, the most frequent first. Muted causes are left out. */
function FailureCausesCard() {
  const query = useQuery(failureGroupsQuery(useApi()));
  const groups = query.data?.filter(({ mute }) => mute === null);
  const max = Math.max(1, ...(groups ?? []).map(({ count }) => count));
  return (
    <ChartCard title="Failure causes" queries={[query]} actions={<Link to="/failures">All failures</Link>}>
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

const growthSeries = [
  { key: "accounts_created", label: "Accounts", look: "bellwire-first" },
  { key: "applications_created", label: "Applications", look: "bellwire-4xx" },
] as const;

/** Accounts and applications that were created in the span. */
function GrowthCard({ span }: { span: TimeSpan }) {
  const query = useQuery(growthQuery(useApi(), span));
  const { data } = query;
  const points = useMemo(() => data && pointsOf(data, growthSeries), [data]);
  const total = data?.series[0]?.total;
  return (
    <ChartCard title="New accounts and applications" queries={[query]}>
      {data && points && (
        <TimeChart
          title="New accounts and applications"
          kind="stack"
          points={points}
          intervalMs={intervalMsOf(data)}
          series={[
            { ...growthSeries[0], total: <Link to="/accounts">{formatCount(total?.accounts_created ?? 0)}</Link> },
            {
              ...growthSeries[1],
              total: <Link to="/applications">{formatCount(total?.applications_created ?? 0)}</Link>,
            },
          ]}
          format={formatCount}
        />
      )}
    </ChartCard>
  );
}

const signUpsMax = 4;

/** The newest accounts. */
function SignUpsCard() {
  const query = useInfiniteQuery(eventsQuery(useApi(), { type: "account.created" }, signUpsMax));
  const events = query.data?.pages[0]?.data;
  return (
    <ChartCard title="Newest sign-ups" queries={[query]} actions={<Link to="/accounts">All accounts</Link>}>
      {events?.length === 0 && <p className="bellwire-subtle">No sign-ups yet.</p>}
      <ul className="bellwire-items">
        {events?.map(({ id, account_id, account_name, occurred_at }) => (
          <li key={id} className="bellwire-item-line">
            <Link to="/accounts/$id" params={{ id: String(account_id) }} className="bellwire-ellipsis">
              <Name>{account_name || `Account ${account_id}`}</Name>
            </Link>
            <span className="bellwire-subtle">
              <When at={occurred_at} />
            </span>
          </li>
        ))}
      </ul>
    </ChartCard>
  );
}

/** Everything that waits for the decision or the answer of an admin. */
function ApprovalsCard() {
  const [api, management] = [useApi(), useManagement()];
  const pendingAccounts = useQuery(pendingCountQuery(management, "accounts"));
  const pendingApplications = useQuery(pendingCountQuery(management, "applications"));
  const planRequests = useQuery(planRequestsQuery(api));
  const accountPlanRequests = useQuery(accountPlanRequestsQuery(api));
  const maySeeSubscriptions = mayReadPlans(useSession());
  const pendingSubscriptions = useQuery({ ...pendingSubscriptionsQuery(api), enabled: maySeeSubscriptions });
  const unreadMessages = useQuery(unreadMessagesQuery(api));
  const queries = [
    unreadMessages,
    pendingAccounts,
    pendingApplications,
    planRequests,
    accountPlanRequests,
    ...(maySeeSubscriptions ? [pendingSubscriptions] : []),
  ];
  const [messages = 0, accounts = 0, applications = 0] = [
    unreadMessages.data,
    pendingAccounts.data,
    pendingApplications.data,
  ];
  const plans = [...(accountPlanRequests.data ?? []), ...(planRequests.data ?? [])];
  const subscriptions = pendingSubscriptions.data ?? [];
  const isNone = !messages && !accounts && !applications && plans.length === 0 && subscriptions.length === 0;
  return (
    <ChartCard title="Waiting for you" queries={queries}>
      {isNone && <p className="bellwire-subtle">Nothing waits for a decision or an answer.</p>}
      <ul className="bellwire-items">
        {messages > 0 && <UnreadMessages count={messages} />}
        {accounts > 0 && (
          <li>
            <Link to="/accounts" search={{ state: "pending" }}>
              {countOf(accounts, ["account", "accounts"])}
            </Link>{" "}
            to approve
          </li>
        )}
        {applications > 0 && (
          <li>
            <Link to="/applications" search={{ state: "pending" }}>
              {countOf(applications, ["application", "applications"])}
            </Link>{" "}
            to accept
          </li>
        )}
        <PendingSubscriptions subscriptions={subscriptions} />
        {plans.slice(0, requestsMax).map((request) => (
          <li key={`${request.account_id} ${request.created_at}`} className="bellwire-item-line">
            <span className="bellwire-ellipsis">
              <PlanRequestLink request={request} /> <span className="bellwire-subtle">to plan {request.plan_name}</span>
            </span>
            <span className="bellwire-subtle">
              <When at={request.created_at} />
            </span>
          </li>
        ))}
        {plans.length > requestsMax && (
          <li className="bellwire-subtle">and {formatCount(plans.length - requestsMax)} more plan changes</li>
        )}
      </ul>
    </ChartCard>
  );
}

const requestsMax = 4;

const UnreadMessages = ({ count }: { count: number }) => (
  <li>
    {count > unreadCountMax && "More than "}
    <Link to="/messages" search={{ box: "unread" }}>
      {countOf(Math.min(count, unreadCountMax), ["message", "messages"])}
    </Link>{" "}
    to read
  </li>
);

const PendingSubscriptions = ({ subscriptions }: { subscriptions: readonly PendingSubscription[] }) => (
  <>
    {subscriptions.slice(0, requestsMax).map(({ subscription_id, account_id, org_name, created_at, ...waiting }) => (
      <li key={subscription_id} className="bellwire-item-line">
        <span className="bellwire-ellipsis">
          <Link to="/accounts/$id" params={{ id: String(account_id) }}>
            <Name>{org_name}</Name>
          </Link>{" "}
          <span className="bellwire-subtle">
            for <Name>{waiting.product_name}</Name>
            {waiting.requested_plan_name && (
              <>
                {" "}
                to plan <Name>{waiting.requested_plan_name}</Name>
              </>
            )}
          </span>
        </span>
        <span className="bellwire-subtle">
          <When at={created_at} />
        </span>
      </li>
    ))}
    {subscriptions.length > requestsMax && (
      <li className="bellwire-subtle">and {formatCount(subscriptions.length - requestsMax)} more subscriptions</li>
    )}
  </>
);

/** Fits beside the chart, with reasons. The list shows all. */
const endpointsShown = 3;

/** Counts the endpoints by health, and shows those that need attention first. */
function EndpointsCard({ query }: { query: PartQuery<readonly EndpointHealth[]> }) {
  const { data: health } = query;
  return (
    <ChartCard title="Endpoints" queries={[query]} actions={<Link to="/endpoints">All endpoints</Link>}>
      {health && (
        <>
          <ul className="bellwire-counts">
            {healthStates.map((state) => {
              const count = health.filter((endpoint) => endpoint.state === state).length;
              return (
                count > 0 && (
                  <li key={state}>
                    <Link to="/endpoints" className="bellwire-figure-link">
                      <b>{formatCount(count)}</b> {healthName(state).toLowerCase()}
                    </Link>
                  </li>
                )
              );
            })}
          </ul>
          <ul className="bellwire-items">
            {health
              .toSorted(byUrgency)
              .slice(0, endpointsShown)
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
