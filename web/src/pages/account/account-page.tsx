import { DescriptionList, PageSection, Stack } from "@patternfly/react-core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type Account, accountPlanRequestsQuery, accountQuery, planOfAccountQuery } from "../../api/accounts.ts";
import { applicationsOfAccountQuery } from "../../api/applications.ts";
import { expectSuccess, useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { useAccountPlans } from "../../api/products.ts";
import { mayReadPlans, useSession } from "../../api/session.tsx";
import { ApplicationsTable } from "../../components/applications/applications-table.tsx";
import { CreateApplication } from "../../components/applications/create-application.tsx";
import { Fact } from "../../components/facts.tsx";
import { DetailsForm } from "../../components/form/defined-fields.tsx";
import { StateLabel } from "../../components/labels.tsx";
import { AccountTabs } from "../../components/history/object-tabs.tsx";
import { InPortions } from "../../components/lists.tsx";
import { AccountMessages } from "../../components/messages.tsx";
import { Loaded, TableSkeleton, objectTitle, useCurrentData } from "../../components/loaded.tsx";
import { PageBreadcrumb, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { PlanChange } from "../../components/plans/plan-change.tsx";
import { ClosedRequest, PlanDecision } from "../../components/plans/plan-requests.tsx";
import { When } from "../../components/time.tsx";
import { AccountActions } from "./account-actions.tsx";
import { InvitationList } from "./invitation-list.tsx";
import { SubscriptionList, SubscriptionPlanRequests, SubscriptionRequestNotice } from "./subscription-list.tsx";
import { UserList } from "./user-list.tsx";

const route = getRouteApi("/accounts/$id");
const back = { to: "/accounts", label: "Go to the accounts" } as const;

export function AccountPage() {
  const id = Number(route.useParams().id);
  const query = useQuery(accountQuery(useManagement(), id));
  const account = useCurrentData(query);
  const name = objectTitle(query, "Account", account?.org_name);
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/accounts" list="Accounts" current={name} />}
        actions={account && <AccountActions account={account} />}
      />
      <AccountTabs id={id} current="Overview" />
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the account" />} back={back}>
          {(loaded) => <AccountView key={loaded.id} account={loaded} />}
        </Loaded>
      </PageSection>
    </>
  );
}

function AccountView({ account }: { account: Account }) {
  const applications = useQuery(applicationsOfAccountQuery(useManagement(), account.id));
  const session = useSession();
  const { request } = route.useSearch();
  return (
    <Stack hasGutter>
      <PlanRequestNotice accountId={account.id} isMailed={request === "plan"} />
      <SubscriptionPlanRequests accountId={account.id} />
      {request?.startsWith("subscription-") && (
        <SubscriptionRequestNotice accountId={account.id} productId={Number(request.split("-")[1])} />
      )}
      <SectionCard title="Account">
        <AccountFacts account={account} />
      </SectionCard>
      <SectionCard title="Users">
        <UserList accountId={account.id} />
      </SectionCard>
      <SectionCard title="Invitations">
        <InvitationList accountId={account.id} />
      </SectionCard>
      <SectionCard title="Applications">
        <Loaded query={applications} skeleton={<TableSkeleton of="applications" />}>
          {(all) =>
            all.length > 0 ? (
              <InPortions rows={all}>{(shown) => <ApplicationsTable applications={shown} />}</InPortions>
            ) : (
              `This account has no applications${session.seesEveryProduct ? "" : " of the products in your permissions"}.`
            )
          }
        </Loaded>{" "}
        <CreateApplication account={account} variant="link" isInline />
      </SectionCard>
      {mayReadPlans(session) && (
        <SectionCard title="Subscriptions">
          <SubscriptionList accountId={account.id} />
        </SectionCard>
      )}
      <SectionCard title="Messages">
        <AccountMessages account={account} />
      </SectionCard>
      <SectionCard title="Details">
        <AccountForm account={account} />
      </SectionCard>
    </Stack>
  );
}

export function AccountFacts({ account }: { account: Account }) {
  const api = useManagement();
  const { data: plan } = useQuery(planOfAccountQuery(api, account.id));
  const plans = useAccountPlans();
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
      <Fact term="State">
        <StateLabel state={account.state} />
      </Fact>
      <Fact term="Account plan">
        {plan && (
          <PlanChange path={`accounts/${account.id}/change_plan`} stale={[["accounts"]]} plans={plans} present={plan} />
        )}
      </Fact>
      <Fact term="Created">
        <When at={account.created_at} isExact />
      </Fact>
      <Fact term="Updated">
        <When at={account.updated_at} isExact />
      </Fact>
    </DescriptionList>
  );
}

export const AccountForm = ({ account }: { account: Account }) => (
  <DetailsForm
    target="Account"
    path={`accounts/${account.id}`}
    saved={account}
    stale={[["accounts"], ["applications"]]} // these show the account's name
    noun="account"
  />
);

/** Grants or declines the plan request of this account. */
export function PlanRequestNotice({ accountId, isMailed = false }: { accountId: number; isMailed?: boolean }) {
  const api = useApi();
  const client = useQueryClient();
  const query = accountPlanRequestsQuery(api, accountId);
  const { data } = useQuery(query);
  const [request] = data ?? [];
  const path = { id: accountId };
  return (
    <>
      {isMailed && <ClosedRequest isOpen={data && data.length > 0} shown="plan" />}
      {request && (
        <PlanDecision
          request={request}
          path={`accounts/${accountId}/change_plan`}
          readAgain={async () => (await client.fetchQuery({ ...query, staleTime: 0 }))[0]}
          decline={() => expectSuccess(api.DELETE("/api/v1/accounts/{id}/plan_request", { params: { path } }))}
          stale={[["accounts"]]}
        />
      )}
    </>
  );
}
