import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { accountPlanRequestsQuery, pendingCountQuery } from "../../api/accounts.ts";
import { planRequestsQuery } from "../../api/applications.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { eventsQuery } from "../../api/events.ts";
import { useManagement } from "../../api/management-client.ts";
import { growthQuery, intervalMsOf } from "../../api/statistics.ts";
import { ChartCard, pointsOf } from "../../components/charts/attempt-charts.tsx";
import { formatCount } from "../../components/charts/axes.ts";
import { TimeChart } from "../../components/charts/time-chart.tsx";
import type { TimeSpan } from "../../components/charts/time-span.ts";
import { Name } from "../../components/labels.tsx";
import { PlanRequestLink } from "../../components/plans/plan-request-links.tsx";
import { When } from "../../components/time.tsx";

const growthSeries = [
  { key: "accounts_created", label: "Accounts", look: "bellwire-first" },
  { key: "applications_created", label: "Applications", look: "bellwire-4xx" },
] as const;

/** Accounts and applications that were created in the span. */
export function GrowthCard({ span }: { span: TimeSpan }) {
  const { data } = useQuery(growthQuery(useApi(), span));
  const points = useMemo(() => data && pointsOf(data, growthSeries), [data]);
  const total = data?.series[0]?.total;
  return (
    <ChartCard title="New accounts and applications" isLoading={!points}>
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
export function SignUpsCard() {
  const { data } = useInfiniteQuery(eventsQuery(useApi(), { type: "account.created" }, signUpsMax));
  const events = data?.pages[0]?.data;
  return (
    <ChartCard title="Newest sign-ups" isLoading={!events} actions={<Link to="/accounts">All accounts</Link>}>
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

/** Everything that waits for the decision of an admin. */
export function ApprovalsCard() {
  const [api, management] = [useApi(), useManagement()];
  const { data: accounts } = useQuery(pendingCountQuery(management, "accounts"));
  const { data: applications } = useQuery(pendingCountQuery(management, "applications"));
  const { data: planRequests } = useQuery(planRequestsQuery(api));
  const { data: accountPlanRequests } = useQuery(accountPlanRequestsQuery(api));
  const isLoading = [accounts, applications, planRequests, accountPlanRequests].includes(undefined);
  const plans = [...(accountPlanRequests ?? []), ...(planRequests ?? [])];
  const isNone = !accounts && !applications && plans.length === 0;
  return (
    <ChartCard title="Pending approvals" isLoading={isLoading}>
      {isNone && <p className="bellwire-subtle">Nothing waits for a decision.</p>}
      <ul className="bellwire-items">
        {Boolean(accounts) && (
          <li>
            <Link to="/accounts" search={{ state: "pending" }}>
              {accounts === 1 ? "1 account" : `${accounts} accounts`}
            </Link>{" "}
            to approve
          </li>
        )}
        {Boolean(applications) && (
          <li>
            <Link to="/applications" search={{ state: "pending" }}>
              {applications === 1 ? "1 application" : `${applications} applications`}
            </Link>{" "}
            to accept
          </li>
        )}
        {plans.slice(0, plansMax).map((request) => (
          <li key={`${request.account_id} ${request.created_at}`} className="bellwire-item-line">
            <span className="bellwire-ellipsis">
              <PlanRequestLink request={request} /> <span className="bellwire-subtle">to plan {request.plan_name}</span>
            </span>
            <span className="bellwire-subtle">
              <When at={request.created_at} />
            </span>
          </li>
        ))}
        {plans.length > plansMax && (
          <li className="bellwire-subtle">and {plans.length - plansMax} more plan changes</li>
        )}
      </ul>
    </ChartCard>
  );
}

const plansMax = 4;
