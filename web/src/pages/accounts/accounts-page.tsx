import { Button, PageSection, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { accountStates, accountsQuery } from "../../api/management/account-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { useTicks } from "../../components/bulk/use-ticks.ts";
import { ListPagination } from "../../components/list-pagination.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SelectFilter } from "../../components/select-filter.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { TextFilter } from "../../components/text-filter.tsx";
import { AccountBulkMenu } from "./account-bulk-menu.tsx";
import { readAccountSearch } from "./account-search.ts";
import { AccountsTable } from "./accounts-table.tsx";
import { CreateAccountDialog } from "./create-account-dialog.tsx";
import { PlanRequestsNotice } from "./plan-requests-notice.tsx";
import { NoAccounts } from "./no-accounts.tsx";

const route = getRouteApi("/accounts");

export function AccountsPage() {
  const filter = readAccountSearch(route.useSearch()); // the router lets what it does not know through
  const navigate = useNavigate();
  const narrow = (search: Record<string, unknown>): void =>
    void navigate({ to: "/accounts", search: readAccountSearch(search), replace: true });
  const query = useQuery(accountsQuery(useManagement(), filter));
  const ticks = useTicks();
  const selected = query.data?.accounts.filter(({ id }) => ticks.ticked.has(id)) ?? [];
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHeader title="Accounts" actions={<Button onClick={() => setCreating(true)}>Create an account</Button>}>
        The organizations that use your products.
      </PageHeader>
      <PageSection isFilled>
        <PlanRequestsNotice />
        <Toolbar inset={{ default: "insetNone" }}>
          <ToolbarContent>
            <SelectFilter
              label="State"
              all="Every state"
              value={filter.state}
              options={accountStates.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) }))}
              onChange={(state) => narrow({ ...filter, state, page: 1 })}
            />
            <TextFilter
              key={filter.query}
              label="Organization, username or email"
              value={filter.query}
              onChange={(text) => narrow({ ...filter, query: text, page: 1 })}
            />
            <AccountBulkMenu selected={selected} onDone={(ids) => ticks.onTick(ids, false)} />
          </ToolbarContent>
        </Toolbar>
        <Loaded query={query} skeleton={<TableSkeleton of="accounts" />}>
          {({ accounts, total }) =>
            accounts.length === 0 ? (
              <NoAccounts isFiltered={Object.keys(filter).length > 0} onShowAll={() => narrow({})} />
            ) : (
              <>
                <AccountsTable accounts={accounts} ticks={ticks} />
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
