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
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import UsersIcon from "@patternfly/react-icons/dist/esm/icons/users-icon";
import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type Account, accountPlanRequestsQuery, accountStates, accountsQuery } from "../../api/accounts.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { NewPasswordField, TextField } from "../../components/form/fields.tsx";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { useDialogForm } from "../../components/form/use-change.ts";
import { Name, StateLabel } from "../../components/labels.tsx";
import { type ListColumn, ListTable, useRowSelection } from "../../components/list-table.tsx";
import { ListPagination, SelectFilter, TextFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PlanRequestList } from "../../components/plans/plan-request-links.tsx";
import { PageHeader, SignUpButton } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { readAccountSearch } from "../list-filters.ts";
import { AccountBulkMenu } from "./account-bulk-menu.tsx";

const route = getRouteApi("/accounts");

export function AccountsPage() {
  const filter = readAccountSearch(route.useSearch()); // the router passes unknown parameters through
  const navigate = useNavigate();
  const narrow = (search: Record<string, unknown>): void =>
    void navigate({ to: "/accounts", search: readAccountSearch(search), replace: true });
  const query = useQuery(accountsQuery(useManagement(), filter));
  const { data: requests = [] } = useQuery(accountPlanRequestsQuery(useApi()));
  const ticks = useRowSelection();
  const selected = query.data?.accounts.filter(({ id }) => ticks.has(id)) ?? [];
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHeader title="Accounts" actions={<Button onClick={() => setCreating(true)}>Create an account</Button>}>
        The organizations that use your products.
      </PageHeader>
      <PageSection isFilled>
        <PlanRequestList requests={requests} />
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
                <ListTable
                  label="Accounts"
                  rows={accounts}
                  columns={columns}
                  keyOf={({ id }) => id}
                  nameOf={({ org_name }) => org_name}
                  selection={ticks}
                />
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

const columns: readonly ListColumn<Account>[] = [
  {
    title: "Organization",
    show: ({ id, org_name }) => (
      <Link to="/accounts/$id" params={{ id: String(id) }}>
        <Name>{org_name}</Name>
      </Link>
    ),
    place: "title",
    isName: true,
    width: 50,
  },
  { title: "State", show: ({ state }) => <StateLabel state={state} />, place: "state" },
  { title: "Created", show: ({ created_at }) => <When at={created_at} />, place: "start", isLabelled: true },
  { title: "Updated", show: ({ updated_at }) => <When at={updated_at} />, place: "end", isLabelled: true },
];

export interface NoAccountsProps {
  readonly isFiltered: boolean;
  readonly onShowAll: () => void;
}

export function NoAccounts({ isFiltered, onShowAll }: NoAccountsProps) {
  return (
    <EmptyState
      titleText={isFiltered ? "No account matches" : "No accounts yet"}
      icon={isFiltered ? SearchIcon : UsersIcon}
      headingLevel="h2"
    >
      <EmptyStateBody>
        {isFiltered
          ? "The search covers the names of organizations, and the names and email addresses of their users."
          : "An account is created when a developer signs up, when you create one here, or through the API."}
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          {isFiltered ? (
            <Button variant="link" onClick={onShowAll}>
              Show all accounts
            </Button>
          ) : (
            <SignUpButton />
          )}
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

const fields = ["org_name", "username", "email", "password"] as const;

/** Creates an account as a sign-up does: with its first user, and an application on the default plan. */
export function CreateAccountDialog({ onClose }: { onClose: () => void }) {
  const api = useManagement();
  const navigate = useNavigate();
  const { field, dialog } = useDialogForm({
    saved: {},
    fields,
    change: (typed) =>
      api.create<{ account: Account }>("signup", { ...typed, password_confirmation: typed["password"] }),
    stale: [["accounts"], ["applications"]],
    done: "The account was created",
    failed: "The account could not be created",
    onDone: ({ account }) => navigate({ to: "/accounts/$id", params: { id: String(account.id) } }),
    onClose,
  });
  return (
    <FormDialog
      title="Create an account"
      description="This also creates its first user, an admin of the account, and an application on the default plan."
      submit="Create"
      {...dialog}
    >
      <TextField {...field("org_name")} label="Organization" isRequired />
      <TextField {...field("username")} label="Username" isRequired />
      <TextField {...field("email")} label="Email" input={{ type: "email" }} isRequired />
      <NewPasswordField {...field("password")} label="Password" note="Without a password, the user needs activation" />
    </FormDialog>
  );
}
