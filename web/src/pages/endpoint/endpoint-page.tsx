import {
  Alert,
  Button,
  Flex,
  Form,
  PageSection,
  Stack,
  StackItem,
  Tab,
  TabContentBody,
  TabTitleText,
  Tabs,
} from "@patternfly/react-core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, getRouteApi, useRouter } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { responseBody, expectDeleted, useApi } from "../../api/bellwire-client.ts";
import { deliveriesQuery } from "../../api/deliveries.ts";
import { type Endpoint, endpointQuery, endpointsQuery, isForChat } from "../../api/endpoints.ts";
import { type EventType, eventTypesQuery, isOperational } from "../../api/events.ts";
import { mayOpen, useSession } from "../../api/session.tsx";
import { EndpointStateNotice } from "../../components/endpoint/endpoint-state.tsx";
import { SigningSecret } from "../../components/endpoint/signing-secret.tsx";
import { TestRequests } from "../../components/endpoint/test-requests.tsx";
import { findTimeSpan } from "../../components/charts/time-span.ts";
import { DeleteDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { Loaded, TableSkeleton, both, objectTitle, useCurrentData } from "../../components/loaded.tsx";
import { DeliveriesTable } from "../../components/history-table.tsx";
import { LinkButton, PageBreadcrumb, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { useUndoToast } from "../../components/undo-toast.ts";
import { EndpointForm } from "./endpoint-form.tsx";
import { type EndpointTab, endpointTabs } from "./endpoint-tabs.ts";
import { EndpointOverview } from "./endpoint-overview.tsx";
import { ReplayCard } from "./replay-card.tsx";
import { nameInText } from "../../components/words.ts";

const route = getRouteApi("/endpoints/$id");
const back = { to: "/endpoints", label: "Go to the endpoints" } as const;

export function EndpointPage() {
  const id = Number(route.useParams().id);
  const api = useApi();
  const query = useQuery(endpointQuery(api, id));
  const types = useQuery(eventTypesQuery(api));
  const present = useCurrentData(query);
  const name = objectTitle(query, "Endpoint", present?.name);
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/endpoints" list="Endpoints" current={name} />}
        actions={present && <EndpointActions endpoint={present} />}
      >
        {present && <EndpointSummary endpoint={present} />}
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={both(query, types)} skeleton={<TableSkeleton of="the endpoint" />} back={back}>
          {([endpoint, all]) => <EndpointView key={endpoint.id} endpoint={endpoint} types={all} />}
        </Loaded>
      </PageSection>
    </>
  );
}

/** The URL is the part that identifies an endpoint, so each tab shows it. */
const EndpointSummary = ({ endpoint: { description, url_masked } }: { endpoint: Endpoint }) => (
  <>
    <span className="bellwire-mono bellwire-break">{url_masked || "No URL yet"}</span>
    {description && (
      <>
        <br />
        {description}
      </>
    )}
  </>
);

function EndpointView({ endpoint, types }: { endpoint: Endpoint; types: readonly EventType[] }) {
  const search = route.useSearch();
  const { tab = "overview", span } = search;
  const session = useSession();
  const navigate = route.useNavigate();
  const show: Readonly<Record<EndpointTab, ReactNode>> = {
    overview: (
      <EndpointOverview
        endpoint={endpoint}
        span={findTimeSpan(span)}
        onSpan={({ name }) => void navigate({ search: { ...search, span: name }, replace: true })}
      />
    ),
    deliveries: <EndpointDeliveries endpointId={endpoint.id} />,
    settings: (
      <Stack hasGutter>
        {mayOpen(session, "/audit-log") && (
          <StackItem>
            <LinkButton to="/audit-log" search={{ subject: `endpoint/${endpoint.id}` }} variant="link" isInline>
              Who changed this endpoint?
            </LinkButton>
          </StackItem>
        )}
        <StackItem>
          <EndpointForm endpoint={endpoint} types={types} />
        </StackItem>
      </Stack>
    ),
    secret: (
      <Form>
        <SigningSecret endpoint={endpoint} />
      </Form>
    ),
    test: endpoint.url ? (
      <TestRequests
        endpoint={endpoint}
        types={isForChat(endpoint.format) ? types.filter(({ type }) => isOperational(type)) : types}
        onAnswered={() => undefined}
      />
    ) : (
      "Save a URL before sending a test."
    ),
  };
  return (
    <>
      {(endpoint.state !== "enabled" || endpoint.held_until !== null || endpoint.held_after_restore) && (
        <EndpointStateNotice endpoint={endpoint} />
      )}
      {endpoint.state === "enabled" && !endpoint.active && <InactiveNotice id={endpoint.id} />}
      <Tabs
        aria-label="Endpoint"
        activeKey={tab}
        // A visited tab stays, so that edits of the form survive a look at another tab.
        mountOnEnter
        onSelect={(_, name) => {
          const chosen = endpointTabs.find((each) => each.name === name)?.name ?? "overview";
          void navigate({ search: { ...search, tab: chosen }, replace: true });
        }}
      >
        {endpointTabs.map(({ name, title }) => (
          <Tab
            key={name}
            ref={name === tab ? scrollIntoTabs : undefined}
            eventKey={name}
            title={<TabTitleText>{title}</TabTitleText>}
          >
            <TabContentBody hasPadding className="bellwire-tab">
              {show[name]}
            </TabContentBody>
          </Tab>
        ))}
      </Tabs>
    </>
  );
}

/** The buttons of the page pause and resume, and do not activate. */
const InactiveNotice = ({ id }: { id: number }) => (
  <Alert
    isInline
    component="h2"
    variant="warning"
    title="The endpoint is not active"
    actionLinks={
      <Link to="/endpoints/$id" params={{ id: String(id) }} search={{ tab: "settings" }}>
        Activate it in its settings
      </Link>
    }
  >
    New events create no delivery, and pending ones are held.
  </Alert>
);

/**
 * Centres the tab that an address opens. On phones, the last ones begin outside of the bar. Does not use `scrollIntoView`: after that the
 * first Tab key would continue from the tab, past "Skip to content".
 */
function scrollIntoTabs(tab: HTMLElement | null): void {
  const bar = tab?.closest("[role=tablist]");
  if (!tab || !bar) return;
  const [of, within] = [tab.getBoundingClientRect(), bar.getBoundingClientRect()];
  bar.scrollLeft += of.left + of.width / 2 - (within.left + within.width / 2);
}

const newest = 25;

/** The newest deliveries of the endpoint, and replays of older ones. */
function EndpointDeliveries({ endpointId }: { endpointId: number }) {
  const query = useInfiniteQuery(deliveriesQuery(useApi(), { endpoint_id: endpointId }, newest));
  return (
    <Stack hasGutter>
      <StackItem>
        <Loaded query={query} skeleton={<TableSkeleton of="deliveries" />}>
          {({ pages: [first] }) =>
            first && first.data.length > 0 ? (
              <DeliveriesTable deliveries={first.data} isOfEndpoint />
            ) : (
              <p className="bellwire-subtle">No deliveries yet. They appear here automatically.</p>
            )
          }
        </Loaded>
        <LinkButton to="/deliveries" search={{ endpoint_id: endpointId }} variant="link" isInline>
          All deliveries of this endpoint
        </LinkButton>
      </StackItem>
      <SectionCard title="Replay">
        <ReplayCard endpointId={endpointId} />
      </SectionCard>
    </Stack>
  );
}

export function EndpointActions({ endpoint: { id, name, state } }: { endpoint: Endpoint }) {
  const api = useApi();
  const [isDeleting, setDeleting] = useState(false);
  const toastWithUndo = useUndoToast();
  const isRunning = state === "enabled";
  const setState = (next: "enabled" | "paused") =>
    responseBody(api.PATCH("/api/v1/endpoints/{id}", { params: { path: { id } }, body: { state: next } }));
  const turn = useChange({
    change: setState,
    stale: [["endpoints"]],
    onDone: ({ state: now }) =>
      toastWithUndo({
        title: now === "paused" ? "Deliveries are paused" : "Deliveries resumed",
        undone: now === "paused" ? "Deliveries resumed" : "Deliveries are paused",
        undo: () => setState(now === "paused" ? "enabled" : "paused"),
        stale: [["endpoints"]],
      }),
    failed: isRunning ? "The endpoint could not be paused" : "The endpoint could not be resumed",
  });
  return (
    <Flex>
      {state !== "undecryptable" && (
        <Button
          variant="secondary"
          isLoading={turn.isPending}
          isAriaDisabled={turn.isPending}
          onClick={() => turn.mutate(isRunning ? "paused" : "enabled")}
        >
          {isRunning ? "Pause" : state === "paused" ? "Resume" : "Enable"}
        </Button>
      )}
      <Button variant="secondary" isDanger onClick={() => setDeleting(true)}>
        Delete
      </Button>
      {isDeleting && <DeleteEndpointDialog id={id} name={name} onClose={() => setDeleting(false)} />}
    </Flex>
  );
}

const affectedQueries = [["deliveries"], ["failures"], ["events", "one"]];

function DeleteEndpointDialog({ id, name, onClose }: { id: number; name: string; onClose: () => void }) {
  const api = useApi();
  const client = useQueryClient();
  const router = useRouter();
  const [pathname] = useState(router.state.location.pathname);
  const pending = usePendingCount(id);
  const toastWithUndo = useUndoToast();
  const remove = useChange({
    change: () => expectDeleted(api.DELETE("/api/v1/endpoints/{id}", { params: { path: { id } } })),
    stale: affectedQueries,
    gone: [["endpoints", id]],
    failed: "The endpoint could not be deleted",
    onDone: async () => {
      toastWithUndo({
        title: `The endpoint ${nameInText(name)} was deleted`,
        undone: `The endpoint ${nameInText(name)} is back`,
        undo: () => responseBody(api.POST("/api/v1/endpoints/{id}/undo_delete", { params: { path: { id } } })),
        stale: [["endpoints"], ...affectedQueries],
      });
      const { queryKey } = endpointsQuery(api);
      client.setQueryData(queryKey, (list) => list?.filter((endpoint) => endpoint.id !== id));
      await client.invalidateQueries({ queryKey, exact: true });
      // Not `leave`: the stream may report the deletion first, and the page is without its endpoint and this dialog then.
      if (router.state.location.pathname !== pathname) return;
      await router.navigate({ to: "/endpoints", ignoreBlocker: true }); // the input of a deleted endpoint is of no use
    },
  });
  return (
    <DeleteDialog
      title={`Delete ${nameInText(name)}?`}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      Pending deliveries: {pending}. They are held for a minute, in which you can undo this, and then cancelled. Past
      deliveries stay readable.
      {name === "default" && " The page Webhook settings then starts over, with everything off."}
    </DeleteDialog>
  );
}

const countsUpTo = 200;

/** Counts the pending deliveries of the endpoint: "12", "200 or more". */
export function usePendingCount(endpointId: number): string {
  const filter = { endpoint_id: endpointId, state: "pending" } as const;
  const { data } = useInfiniteQuery(deliveriesQuery(useApi(), filter, countsUpTo));
  const [page] = data?.pages ?? [];
  if (!page) return "…";
  return page.next === null ? String(page.data.length) : `${countsUpTo} or more`;
}

export function NewEndpointPage() {
  const types = useQuery(eventTypesQuery(useApi()));
  return (
    <>
      <PageHeader
        title="New endpoint"
        breadcrumb={<PageBreadcrumb to="/endpoints" list="Endpoints" current="New endpoint" />}
      >
        Enter a name and a URL. The other settings have defaults that fit the format, and you can change them at any
        time.
      </PageHeader>
      <PageSection>
        <Loaded query={types} skeleton={<TableSkeleton of="the form" />}>
          {(all) => <EndpointForm types={all} />}
        </Loaded>
      </PageSection>
    </>
  );
}
