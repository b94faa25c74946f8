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
import {
  type Account,
  type AccountFilter,
  type AccountPlanRequest,
  accountPlanRequestsQuery,
  accountStates,
  accountsQuery,
  messageListsKey,
  shownAccountPlanRequestsQuery,
} from "../../api/accounts.ts";
import { useApi, type BellwireSchemas, responseBody } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { useAccountPlans } from "../../api/products.ts";
import { mayAdminister, useSession } from "../../api/session.tsx";
import { BulkMenu, type BulkOperation, type BulkTarget } from "../../components/bulk/bulk-menu.tsx";
import { MatchStatus, useMatchSelection } from "../../components/bulk/match-selection.tsx";
import { NewPasswordField, TextField } from "../../components/form/fields.tsx";
import { FormDialog, webhookNote } from "../../components/form/form-dialog.tsx";
import { useDialogForm } from "../../components/form/use-change.ts";
import { Name, StateLabel } from "../../components/labels.tsx";
import { type ListColumn, ListTable, type RowSelection } from "../../components/list-table.tsx";
import { EmptyPage, ListPagination, SelectFilter, TextFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader, SignUpButton } from "../../components/page-header.tsx";
import type { PlanOnOffer } from "../../components/plans/plan-change.tsx";
import { PlanRequestLabel, PlanRequestList } from "../../components/plans/plan-requests.tsx";
import { When } from "../../components/time.tsx";
import { readAccountSearch } from "../list-filters.ts";

const route = getRouteApi("/accounts");

export function AccountsPage() {
  const filter = readAccountSearch(route.useSearch()); // the router passes unknown parameters through
  const { page = 1 } = filter;
  const navigate = useNavigate();
  const narrow = (search: Record<string, unknown>): void =>
    void navigate({ to: "/accounts", search: readAccountSearch(search), replace: true });
  const query = useQuery(accountsQuery(useManagement(), filter));
  const { data: requests = [] } = useQuery(accountPlanRequestsQuery(useApi()));
  const shown = query.isPlaceholderData ? undefined : query.data;
  const shownIds = shown?.objects.map(({ id }) => id) ?? [];
  const ticks = useMatchSelection(filter, shownIds);
  const target = useBulkTarget(
    filter,
    ticks.isAll ? (query.data?.total ?? 0) : (shown?.objects.filter(({ id }) => ticks.has(id)) ?? []),
  );
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
            <AccountBulkMenu
              target={target}
              onDone={(ids) => (ticks.isAll ? ticks.clear() : ticks.onTick(ids, false))}
            />
          </ToolbarContent>
        </Toolbar>
        <MatchStatus filter={filter} selection={ticks} shownIds={shownIds} total={query.data?.total} nouns={nouns} />
        <Loaded query={query} skeleton={<TableSkeleton of="accounts" />}>
          {({ total }) =>
            shown?.objects.length === 0 ? (
              <EmptyPage total={total} page={page} onPage={(last) => narrow({ ...filter, page: last })}>
                <NoAccounts isFiltered={Object.keys(filter).length > 0} onShowAll={() => narrow({})} />
              </EmptyPage>
            ) : (
              <>
                {shown ? <AccountsTable accounts={shown.objects} ticks={ticks} /> : <TableSkeleton of="accounts" />}
                <ListPagination
                  total={total}
                  page={page}
                  onPage={(chosen) =>
                    void navigate({ to: "/accounts", search: readAccountSearch({ ...filter, page: chosen }) })
                  }
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

interface AccountsTableProps {
  readonly accounts: readonly Account[];
  readonly ticks: RowSelection<number>;
}

function AccountsTable({ accounts, ticks }: AccountsTableProps) {
  const ids = accounts.map(({ id }) => id);
  const { data: requests = [] } = useQuery(shownAccountPlanRequestsQuery(useApi(), ids));
  return (
    <ListTable
      label="Accounts"
      rows={accounts}
      columns={columnsWith(new Map(requests.map((request) => [request.account_id, request])))}
      keyOf={({ id }) => id}
      nameOf={({ org_name }) => org_name}
      selection={ticks}
    />
  );
}

const columnsWith = (requestOf: ReadonlyMap<number, AccountPlanRequest>): readonly ListColumn<Account>[] => [
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
  {
    title: "State",
    show: ({ id, state }) => (
      <>
        <StateLabel state={state} /> <PlanRequestLabel request={requestOf.get(id)} />
      </>
    ),
    place: "state",
  },
  { title: "Created", show: ({ created_at }) => <When at={created_at} />, place: "start", isLabelled: true },
  { title: "Updated", show: ({ updated_at }) => <When at={updated_at} />, place: "end", isLabelled: true },
];

interface NoAccountsProps {
  readonly isFiltered: boolean;
  readonly onShowAll: () => void;
}

function NoAccounts({ isFiltered, onShowAll }: NoAccountsProps) {
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
function CreateAccountDialog({ onClose }: { onClose: () => void }) {
  const api = useManagement();
  const navigate = useNavigate();
  const { field, dialog } = useDialogForm({
    saved: {},
    fields,
    path: undefined,
    change: (typed) =>
      api.create<{ account: Account }>("signup", { ...typed, password_confirmation: typed["password"] }),
    stale: [["accounts"], ["applications"]],
    done: "The account was created",
    failed: "The account could not be created",
    leave: ({ account }) => navigate({ to: "/accounts/$id", params: { id: String(account.id) }, ignoreBlocker: true }),
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

const nouns = ["account", "accounts"] as const;

type OperationName = BellwireSchemas["AccountSelection"]["operation"];

/** Returns the selected accounts of the page, or all that match: a number of them. */
function useBulkTarget(
  { state, query }: AccountFilter,
  selected: readonly Account[] | number,
): BulkTarget<OperationName> {
  const api = useApi();
  const isAll = typeof selected === "number";
  const filter = { ...(state && { state }), ...(query && { query }) };
  return {
    count: isAll ? selected : selected.length,
    selected: isAll
      ? async () => (await responseBody(api.GET("/api/v1/accounts/matching", { params: { query: filter } }))).data
      : selected.map(({ id, org_name }) => ({ id, name: org_name })),
    act: async (body, signal) => {
      const request = { body: isAll ? { ...body, filter } : body, signal };
      return (await responseBody(api.POST("/api/v1/accounts/bulk", request))).data;
    },
  };
}

interface AccountBulkMenuProps {
  readonly target: BulkTarget<OperationName>;
  readonly onDone: (ids: readonly number[]) => void;
}

function AccountBulkMenu({ target, onDone }: AccountBulkMenuProps) {
  return (
    <BulkMenu
      nouns={nouns}
      target={target}
      operations={accountOperations(useAccountPlans(), mayAdminister(useSession()))}
      stale={[["accounts"], ["applications"], ["mails"], messageListsKey]}
      onDone={onDone}
    />
  );
}

type Operation = BulkOperation<OperationName>;

const signedOut = "Their users are signed out immediately and cannot sign in";
const notified = `Their admins get an email. ${webhookNote}`;

const forMembers: ReadonlySet<Operation["operation"]> = new Set(["make_pending", "change_plan", "send_message"]);

/** Returns the bulk operations. Members of the section may only make accounts pending, change plans and send messages. */
function accountOperations(plans: readonly PlanOnOffer[], isAdmin: boolean): readonly Operation[] {
  const all: readonly Operation[] = [
    { operation: "approve", title: "Approve", done: "approved", consequence: `Their users can sign in. ${notified}` },
    {
      operation: "make_pending",
      title: "Make pending",
      done: "made pending",
      consequence: `${signedOut} until ${isAdmin ? "you approve" : "an admin approves"} them. ${notified}`,
    },
    {
      operation: "reject",
      title: "Reject",
      done: "rejected",
      consequence: `${signedOut} unless you approve them later. ${notified}`,
    },
    {
      operation: "suspend",
      title: "Suspend",
      done: "suspended",
      consequence: `${signedOut} until you resume them, which makes them approved. ${webhookNote}`,
    },
    {
      operation: "resume",
      title: "Resume",
      done: "resumed",
      consequence: `They become approved, and their users can sign in. ${webhookNote}`,
    },
    {
      operation: "change_plan",
      title: "Change plan",
      done: "moved",
      consequence: `The new plan applies immediately. ${webhookNote}`,
      plans,
    },
    {
      operation: "send_message",
      title: "Send message",
      done: "sent the message",
      consequence:
        "Their users read it in the Developer Portal. Their admins also get it by email, unless the account is suspended.",
      isMessage: true,
    },
    {
      operation: "delete",
      title: "Delete",
      done: "deleted",
      consequence: `This also deletes their users, applications and keys. They cannot be restored. ${webhookNote}`,
      isDanger: true,
      isDeletion: true,
    },
  ];
  return all.filter(({ operation, plans: offered }) => (isAdmin || forMembers.has(operation)) && offered?.length !== 0);
}
