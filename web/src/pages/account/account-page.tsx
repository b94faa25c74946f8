import { PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { accountQuery, type Account } from "../../api/management/account-queries.ts";
import { applicationsOfAccountQuery } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { presentOf } from "../../api/present-of.ts";
import { mayUseWebhooks } from "../../api/session.ts";
import { useSession } from "../../api/session-context.ts";
import { ApplicationsTable } from "../../components/applications-table.tsx";
import { CreateApplication } from "../../components/create-application/create-application.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageBreadcrumb } from "../../components/page-breadcrumb.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SectionCard } from "../../components/section-card.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { AccountActions } from "./account-actions.tsx";
import { AccountFacts } from "./account-facts.tsx";
import { AccountForm } from "./account-form.tsx";
import { InvitationList } from "./invitation-list.tsx";
import { PlanRequestNotice } from "./plan-request-notice.tsx";
import { UserList } from "./user-list.tsx";

const route = getRouteApi("/accounts/$id");

export function AccountPage() {
  const id = Number(route.useParams().id);
  const query = useQuery(accountQuery(useManagement(), id));
  const account = presentOf(query);
  const name = account?.org_name ?? "Account";
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/accounts" list="Accounts" here={name} />}
        actions={account && <AccountActions account={account} />}
      />
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the account" />}>
          {(loaded) => <AccountView key={loaded.id} account={loaded} />}
        </Loaded>
      </PageSection>
    </>
  );
}

function AccountView({ account }: { account: Account }) {
  const session = useSession();
  const applications = useQuery(applicationsOfAccountQuery(useManagement(), account.id));
  return (
    <Stack hasGutter>
      <PlanRequestNotice accountId={account.id} />
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
          {(all) => (all.length > 0 ? <ApplicationsTable applications={all} /> : "It has no application.")}
        </Loaded>{" "}
        <CreateApplication account={account} variant="link" isInline />
      </SectionCard>
      <SectionCard title="Details">
        <AccountForm account={account} />
      </SectionCard>
      {mayUseWebhooks(session) && (
        <SectionCard title="What happened">
          <Link to="/events" search={{ account_id: account.id }}>
            Events of this account
          </Link>
        </SectionCard>
      )}
    </Stack>
  );
}
