import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import CubesIcon from "@patternfly/react-icons/dist/esm/icons/cubes-icon";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { messageListsKey } from "../../api/accounts.ts";
import {
  applicationsQuery,
  planRequestsQuery,
  type Application,
  applicationName,
  type ApplicationFilter,
  type SearchField,
  applicationStates,
} from "../../api/applications.ts";
import { useApi, type BellwireSchemas, responseBody } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { applicationPlansQuery, productsQuery } from "../../api/products.ts";
import { ApplicationsTable } from "../../components/applications/applications-table.tsx";
import { CreateApplication } from "../../components/applications/create-application.tsx";
import { BulkMenu, type BulkOperation, type BulkTarget } from "../../components/bulk/bulk-menu.tsx";
import { MatchStatus, useMatchSelection } from "../../components/bulk/match-selection.tsx";
import { webhookNote } from "../../components/form/form-dialog.tsx";
import { useSession } from "../../api/session.tsx";
import { fieldText } from "../../components/form/use-change.ts";
import { nameInText } from "../../components/words.ts";
import { EmptyPage, ListPagination, SelectFilter, TextFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import type { PlanOnOffer } from "../../components/plans/plan-change.tsx";
import { PlanRequestList } from "../../components/plans/plan-requests.tsx";
import { readApplicationSearch } from "../list-filters.ts";

const route = getRouteApi("/applications");

export function ApplicationsPage() {
  const filter = readApplicationSearch(route.useSearch()); // the router passes unknown parameters through
  const { page = 1 } = filter;
  const navigate = useNavigate();
  const { seesEveryProduct } = useSession();
  const narrow = (search: Record<string, unknown>): void =>
    void navigate({ to: "/applications", search: readApplicationSearch(search), replace: true });
  const query = useQuery(applicationsQuery(useManagement(), filter));
  const { data: requests = [] } = useQuery(planRequestsQuery(useApi()));
  const shown = query.isPlaceholderData ? undefined : query.data;
  const shownIds = shown?.objects.map(({ id }) => id) ?? [];
  const ticks = useMatchSelection(filter, shownIds);
  const selected = ticks.isAll ? (query.data?.total ?? 0) : (shown?.objects.filter(({ id }) => ticks.has(id)) ?? []);
  return (
    <>
      <PageHeader title="Applications" actions={<CreateApplication />}>
        {seesEveryProduct
          ? "The applications of all accounts and products."
          : "The applications of all accounts, of the products in your permissions."}
      </PageHeader>
      <PageSection isFilled>
        <PlanRequestList requests={requests} />
        <ApplicationFilters filter={filter} onNarrow={narrow}>
          <ApplicationBulkMenu
            filter={filter}
            selected={selected}
            onDone={(ids) => (ticks.isAll ? ticks.clear() : ticks.onTick(ids, false))}
          />
        </ApplicationFilters>
        <MatchStatus filter={filter} selection={ticks} shownIds={shownIds} total={query.data?.total} nouns={nouns} />
        <Loaded query={query} skeleton={<TableSkeleton of="applications" />}>
          {({ total }) =>
            shown?.objects.length === 0 ? (
              <EmptyPage total={total} page={page} onPage={(last) => narrow({ ...filter, page: last })}>
                <NoApplications isFiltered={Object.keys(filter).length > 0} onShowAll={() => narrow({})} />
              </EmptyPage>
            ) : (
              <>
                {shown ? (
                  <ApplicationsTable applications={shown.objects} showsAccount ticks={ticks} />
                ) : (
                  <TableSkeleton of="applications" />
                )}
                <ListPagination
                  total={total}
                  page={page}
                  onPage={(chosen) =>
                    void navigate({ to: "/applications", search: readApplicationSearch({ ...filter, page: chosen }) })
                  }
                />
              </>
            )
          }
        </Loaded>
      </PageSection>
    </>
  );
}

interface NoApplicationsProps {
  readonly isFiltered: boolean;
  readonly onShowAll: () => void;
}

function NoApplications({ isFiltered, onShowAll }: NoApplicationsProps) {
  const { seesEveryProduct } = useSession();
  return isFiltered ? (
    <EmptyState titleText="No application matches" icon={SearchIcon} headingLevel="h2">
      <EmptyStateBody>Search for a part of a name, or for a full application id or user key.</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="link" onClick={onShowAll}>
            Show all applications
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  ) : (
    <EmptyState titleText="No applications yet" icon={CubesIcon} headingLevel="h2">
      <EmptyStateBody>
        {seesEveryProduct
          ? "Each account gets one application on the default plan when it signs up. Developers create more in the Developer Portal."
          : "The products in your permissions have no applications. An admin of your organization can give you more products."}
      </EmptyStateBody>
    </EmptyState>
  );
}

const nouns = ["application", "applications"] as const;

interface ApplicationBulkMenuProps {
  readonly filter: ApplicationFilter;
  /** The selected applications of the page, or the number of all that match. */
  readonly selected: readonly Application[] | number;
  readonly onDone: (ids: readonly number[]) => void;
}

function ApplicationBulkMenu({ filter, selected, onDone }: ApplicationBulkMenuProps) {
  const productId = useProductOf(filter, selected);
  const { data: plans = [] } = useQuery({
    ...applicationPlansQuery(useManagement(), productId ?? 0),
    enabled: productId !== undefined,
  });
  return (
    <BulkMenu
      nouns={nouns}
      target={useBulkTarget(filter, selected)}
      operations={applicationOperations(productId === undefined ? [] : plans)}
      stale={[["applications"], ["plans"], ["mails"], messageListsKey]}
      onDone={onDone}
    />
  );
}

/** Returns the product of all selected applications, whose plans they can have. Undefined if there may be several. */
function useProductOf(
  { service_id }: ApplicationFilter,
  selected: readonly Application[] | number,
): number | undefined {
  const { data: products = [] } = useQuery(productsQuery(useManagement()));
  const ids = typeof selected === "number" ? products.map(({ id }) => id) : selected.map((each) => each.service_id);
  const [productId, ...others] = new Set(service_id === undefined ? ids : [service_id]);
  return others.length === 0 ? productId : undefined;
}

type OperationName = BellwireSchemas["ApplicationSelection"]["operation"];

function useBulkTarget(
  { by = "name", query, service_id, plan_id, state }: ApplicationFilter,
  selected: readonly Application[] | number,
): BulkTarget<OperationName> {
  const api = useApi();
  const isAll = typeof selected === "number";
  const filter = {
    ...(query && { [by]: query }),
    ...(service_id && { service_id }),
    ...(plan_id && { plan_id }),
    ...(state && { state }),
  };
  return {
    count: isAll ? selected : selected.length,
    selected: isAll
      ? async () => {
          const { data } = await responseBody(api.GET("/api/v1/applications/matching", { params: { query: filter } }));
          return data.map(({ id, name, org_name }) => ({ id, name: nameOf(name, org_name) }));
        }
      : selected.map((application) => ({
          id: application.id,
          name: nameOf(applicationName(application), application.org_name),
        })),
    act: async (body, signal) => {
      const request = { body: isAll ? { ...body, filter } : body, signal };
      return (await responseBody(api.POST("/api/v1/applications/bulk", request))).data;
    },
  };
}

const nameOf = (name: string, orgName: string): string => `${nameInText(name)} of ${nameInText(orgName)}`;

type Operation = BulkOperation<OperationName>;

/** Returns the bulk operations. `plans` is empty if the applications belong to different products. */
function applicationOperations(plans: readonly PlanOnOffer[]): readonly Operation[] {
  const all: readonly Operation[] = [
    {
      operation: "accept",
      title: "Accept",
      done: "accepted",
      consequence: `Pending applications become live. ${webhookNote}`,
    },
    {
      operation: "suspend",
      title: "Suspend",
      done: "suspended",
      consequence: `They must no longer be served until you resume them. ${webhookNote}`,
    },
    { operation: "resume", title: "Resume", done: "resumed", consequence: `They become live again. ${webhookNote}` },
    {
      operation: "change_plan",
      title: "Change plan",
      done: "moved",
      consequence: `The new plan applies immediately. Customized plans of these applications are deleted. ${webhookNote}`,
      plans,
    },
    {
      operation: "send_message",
      title: "Send message",
      done: "sent the message",
      consequence:
        "The users of their accounts read it in the Developer Portal. The admins also get it by email, unless the account is suspended. An account with several of these applications gets it once.",
      isMessage: true,
    },
    {
      operation: "reject",
      title: "Reject",
      done: "rejected",
      consequence: `The applications and their credentials are deleted and cannot be restored. The admins of their accounts get an email without a reason. ${webhookNote}`,
      isDanger: true,
      isDeletion: true,
    },
    {
      operation: "delete",
      title: "Delete",
      done: "deleted",
      consequence: `The applications and their credentials stop working immediately and cannot be restored. ${webhookNote}`,
      isDanger: true,
      isDeletion: true,
    },
  ];
  return all.filter(({ plans: offered }) => offered?.length !== 0);
}

interface Handle {
  readonly value: SearchField;
  readonly label: string;
  /** The placeholder of the search. */
  readonly text: string;
}

const byName: Handle = { value: "name", label: "Application", text: "A part of the application's name" };
const handles: readonly Handle[] = [
  byName,
  { value: "account_query", label: "Account", text: "A part of the account's name" },
  { value: "app_id", label: "Application id", text: "The full application id" },
  { value: "user_key", label: "User key", text: "The full user key" },
];

const handleOf = (by: string | undefined): Handle => handles.find(({ value }) => value === by) ?? byName;

interface ApplicationFiltersProps {
  readonly filter: ApplicationFilter;
  /** Receives the new filter, not validated. */
  readonly onNarrow: (search: Record<string, unknown>) => void;
  /** Shown beside the filters. */
  readonly children: ReactNode;
}

function ApplicationFilters({ filter, onNarrow, children }: ApplicationFiltersProps) {
  const api = useManagement();
  const { service_id, plan_id, state } = filter;
  const { data: products = [] } = useQuery(productsQuery(api));
  const { data: plans = [] } = useQuery({
    ...applicationPlansQuery(api, service_id ?? 0),
    enabled: service_id !== undefined,
  });
  const narrow = (changed: Record<string, unknown>): void => onNarrow({ ...filter, ...changed, page: 1 });
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <TextSearch filter={filter} onSearch={narrow} />
        <SelectFilter
          label="Product"
          all="Every product"
          value={fieldText(service_id)}
          options={products.map(({ id, name }) => ({ value: String(id), label: name }))}
          onChange={(id) => narrow({ service_id: id, plan_id: undefined })}
        />
        {service_id !== undefined && (
          <SelectFilter
            label="Plan"
            all="Every plan"
            value={fieldText(plan_id)}
            options={plans.map(({ id, name }) => ({ value: String(id), label: name }))}
            onChange={(id) => narrow({ plan_id: id })}
          />
        )}
        <SelectFilter
          label="State"
          all="Every state"
          value={state}
          options={applicationStates.map((value) => ({
            value,
            label: value.charAt(0).toUpperCase() + value.slice(1),
          }))}
          onChange={(chosen) => narrow({ state: chosen })}
        />
        {children}
        {Object.keys(filter).some((name) => name !== "page") && (
          <ToolbarItem>
            <Button variant="link" onClick={() => onNarrow({})}>
              Clear filters
            </Button>
          </ToolbarItem>
        )}
      </ToolbarContent>
    </Toolbar>
  );
}

interface TextSearchProps {
  readonly filter: ApplicationFilter;
  readonly onSearch: (search: Pick<ApplicationFilter, "by"> & { query: string | undefined }) => void;
}

/** A text search and the field that it searches. Both follow the address. */
function TextSearch({ filter: { by, query }, onSearch }: TextSearchProps) {
  const [handle, setHandle] = useState(handleOf(by));
  const [followed, setFollowed] = useState(by);
  if (followed !== by) {
    setFollowed(by);
    setHandle(handleOf(by));
  }
  const choose = (chosen: string | undefined): void => {
    const next = handleOf(chosen);
    setHandle(next);
    if (query) onSearch({ by: next.value, query });
  };
  return (
    <>
      <SelectFilter label="Search in" value={handle.value} options={handles} onChange={choose} />
      <TextFilter label={handle.text} value={query} onChange={(text) => onSearch({ by: handle.value, query: text })} />
    </>
  );
}
