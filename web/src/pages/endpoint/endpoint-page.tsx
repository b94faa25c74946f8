import { Button, Content, DescriptionList, Flex, PageSection, Stack, StackItem } from "@patternfly/react-core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { currentData } from "../../api/api-problem.ts";
import { responseBody, expectSuccess, useApi } from "../../api/bellwire-client.ts";
import { deliveriesQuery, newestFailuresQuery } from "../../api/deliveries.ts";
import { type Endpoint, endpointQuery, endpointsQuery } from "../../api/endpoints.ts";
import { type EventType, eventTypesQuery } from "../../api/events.ts";
import { EndpointStateLabel, EndpointStateNotice } from "../../components/endpoint/endpoint-state.tsx";
import { SigningSecret } from "../../components/endpoint/signing-secret.tsx";
import { TestRequests } from "../../components/endpoint/test-requests.tsx";
import { Fact } from "../../components/facts.tsx";
import { ConfirmDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { Loaded, TableSkeleton, objectTitle } from "../../components/loaded.tsx";
import { PageBreadcrumb, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { useUndoToast } from "../../components/undo-toast.ts";
import { EndpointForm } from "./endpoint-form.tsx";
import { ReplayCard } from "./replay-card.tsx";

const route = getRouteApi("/endpoints/$id");
const back = { to: "/endpoints", label: "Go to the endpoints" } as const;

export function EndpointPage() {
  const id = Number(route.useParams().id);
  const api = useApi();
  const query = useQuery(endpointQuery(api, id));
  const types = useQuery(eventTypesQuery(api));
  const present = currentData(query);
  const name = objectTitle(query, "Endpoint", present?.name);
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/endpoints" list="Endpoints" here={name} />}
        actions={present && <EndpointActions endpoint={present} />}
      >
        {present?.description}
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the endpoint" />} back={back}>
          {(endpoint) => (
            <Loaded query={types} skeleton={<TableSkeleton of="the endpoint" />}>
              {(all) => <EndpointView key={endpoint.id} endpoint={endpoint} types={all} />}
            </Loaded>
          )}
        </Loaded>
      </PageSection>
    </>
  );
}

function EndpointView({ endpoint, types }: { endpoint: Endpoint; types: readonly EventType[] }) {
  return (
    <Stack hasGutter>
      {(endpoint.state !== "enabled" || endpoint.held_until !== null) && (
        <StackItem>
          <EndpointStateNotice endpoint={endpoint} />
        </StackItem>
      )}
      <SectionCard title="Status">
        <EndpointFacts endpoint={endpoint} />
      </SectionCard>
      <SectionCard title="Test">
        {endpoint.url ? (
          <TestRequests endpoint={endpoint} types={types} onAnswered={() => undefined} />
        ) : (
          "Save a URL before sending a test."
        )}
      </SectionCard>
      <SectionCard title="Replay">
        <ReplayCard endpointId={endpoint.id} />
      </SectionCard>
      <SectionCard title="Signature">
        <SigningSecret endpoint={endpoint} />
      </SectionCard>
      <SectionCard title="Endpoint settings">
        <EndpointForm endpoint={endpoint} types={types} />
      </SectionCard>
    </Stack>
  );
}

export function EndpointFacts({ endpoint }: { endpoint: Endpoint }) {
  const { data: failures } = useQuery(newestFailuresQuery(useApi(), endpoint.id));
  const newest = failures?.data[0];
  const search = { endpoint_id: endpoint.id };
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
      <Fact term="State">
        <EndpointStateLabel endpoint={endpoint} />
      </Fact>
      <Fact term="Pending">
        <Link to="/deliveries" search={{ ...search, state: "pending" }}>
          {usePendingCount(endpoint.id)}
        </Link>
      </Fact>
      <Fact term="Last failure">
        {newest ? (
          <>
            <Link to="/deliveries/$id" params={{ id: newest.delivery_id }}>
              {newest.error}
            </Link>{" "}
            <When at={newest.failed_at} />
          </>
        ) : (
          "None"
        )}
      </Fact>
      <Fact term="Deliveries">
        <Link to="/deliveries" search={search}>
          All deliveries of this endpoint
        </Link>
      </Fact>
      <Fact term="Created">
        <When at={endpoint.created_at} isExact />
      </Fact>
      <Fact term="Updated">
        <When at={endpoint.updated_at} isExact />
      </Fact>
    </DescriptionList>
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
          isDisabled={turn.isPending}
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

const affectedQueries = [["endpoints"], ["deliveries"], ["failures"], ["events", "one"]];

function DeleteEndpointDialog({ id, name, onClose }: { id: number; name: string; onClose: () => void }) {
  const api = useApi();
  const client = useQueryClient();
  const navigate = useNavigate();
  const pending = usePendingCount(id);
  const toastWithUndo = useUndoToast();
  const remove = useChange({
    change: () => expectSuccess(api.DELETE("/api/v1/endpoints/{id}", { params: { path: { id } } })),
    stale: [],
    failed: "The endpoint could not be deleted",
    onDone: async () => {
      toastWithUndo({
        title: `The endpoint ${name} was deleted`,
        undone: `The endpoint ${name} is back`,
        undo: () => responseBody(api.POST("/api/v1/endpoints/{id}/undo_delete", { params: { path: { id } } })),
        stale: affectedQueries,
      });
      client.setQueryData(endpointsQuery(api).queryKey, (list) => list?.filter((it) => it.id !== id));
      // Leave the page first, because it would fetch the endpoint again.
      await navigate({ to: "/endpoints" });
      client.removeQueries({ queryKey: ["endpoints", id] });
      await Promise.all(affectedQueries.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      confirm="Delete"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      <Content component="p">
        Pending deliveries: {pending}. They are held for a minute, in which you can undo this, and then cancelled. Past
        deliveries stay readable.
        {name === "default" && " The Webhooks page then starts over, with everything off."}
      </Content>
    </ConfirmDialog>
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
        breadcrumb={<PageBreadcrumb to="/endpoints" list="Endpoints" here="New endpoint" />}
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
