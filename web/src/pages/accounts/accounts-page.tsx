import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
  Toolbar,
  ToolbarContent,
} from "@patternfly/react-core";
import UsersIcon from "@patternfly/react-icons/dist/esm/icons/users-icon";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { accountStates, accountsQuery } from "../../api/management/account-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { ListPagination } from "../../components/list-pagination.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SelectFilter } from "../../components/select-filter.tsx";
import { SignUpButton } from "../../components/sign-up-button.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { readAccountSearch } from "./account-search.ts";
import { AccountsTable } from "./accounts-table.tsx";
import { CreateAccountDialog } from "./create-account-dialog.tsx";
import { FindAccount } from "./find-account.tsx";

const route = getRouteApi("/accounts");

export function AccountsPage() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  const query = useQuery(accountsQuery(useManagement(), filter));
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHeader title="Accounts" actions={<Button onClick={() => setCreating(true)}>Create an account</Button>}>
        The organizations that use your products.
      </PageHeader>
      <PageSection isFilled>
        <Toolbar inset={{ default: "insetNone" }}>
          <ToolbarContent>
            <SelectFilter
              label="State"
              all="Every state"
              value={filter.state}
              options={accountStates.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) }))}
              onChange={(state) =>
                void navigate({ to: "/accounts", search: readAccountSearch({ state }), replace: true })
              }
            />
            <FindAccount />
          </ToolbarContent>
        </Toolbar>
        <Loaded query={query} skeleton={<TableSkeleton of="accounts" />}>
          {({ accounts, total }) =>
            accounts.length === 0 ? (
              <NoAccounts isFiltered={filter.state !== undefined} />
            ) : (
              <>
                <AccountsTable accounts={accounts} />
                <ListPagination
                  total={total}
                  page={filter.page ?? 1}
                  onPage={(page) => void navigate({ to: "/accounts", search: readAccountSearch({ ...filter, page }) })}
                />
              </>
            )
          }
        </Loaded>
      </PageSection>
      {isCreating && <CreateAccountDialog onClose={() => setCreating(false)} />}
    </>
  );
}

function NoAccounts({ isFiltered }: { isFiltered: boolean }) {
  return (
    <EmptyState
      titleText={isFiltered ? "No account in this state" : "No accounts yet"}
      icon={UsersIcon}
      headingLevel="h2"
    >
      <EmptyStateBody>
        An account is made when somebody signs up in the Developer Portal, when you make one here, or by a program
        through the API.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <SignUpButton />
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
