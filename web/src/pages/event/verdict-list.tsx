import { Button, Content, Label } from "@patternfly/react-core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import { type DeliveryState, deliveriesQuery } from "../../api/deliveries.ts";
import { type EventDetails, type EventType, type Verdict, eventTypesQuery, isOperational } from "../../api/events.ts";
import { useIsDeletedEndpoint } from "../../components/endpoint/endpoint-filter.tsx";
import { DeliveryStateLabel, EndpointLink } from "../../components/labels.tsx";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { LinkButton } from "../../components/page-header.tsx";
import { settingLabels } from "../../components/endpoint/event-switches.tsx";
import { useChange } from "../../components/form/use-change.ts";

/** Shows for each endpoint the state of its delivery, or the gate that stopped the event. */
export function VerdictList({ event }: { event: EventDetails }) {
  const isDeleted = useIsDeletedEndpoint();
  const { data: deliveries } = useInfiniteQuery(deliveriesQuery(useApi(), { event_id: event.id }));
  const states = new Map(deliveries?.pages.flatMap(({ data }) => data).map(({ id, state }) => [id, state]));
  if (event.verdicts.length === 0) {
    return <Content component="p">No endpoint existed. Create an endpoint, then send the event.</Content>;
  }
  return (
    <ListTable
      label="Endpoints"
      rows={event.verdicts}
      columns={columnsFor({ event, states, isDeleted })}
      keyOf={({ endpoint_id }) => endpoint_id}
    />
  );
}

interface Shown {
  readonly event: EventDetails;
  /** By the ids of deliveries. */
  readonly states: ReadonlyMap<string, DeliveryState>;
  readonly isDeleted: (endpointId: number) => boolean;
}

const columnsFor = ({ event, states, isDeleted }: Shown): readonly ListColumn<Verdict>[] => [
  {
    title: "Endpoint",
    show: ({ endpoint_id, endpoint_name }) => (
      <EndpointLink id={endpoint_id} name={endpoint_name} isDeleted={isDeleted(endpoint_id)} />
    ),
    place: "title",
    isName: true,
  },
  {
    title: "Delivery",
    show: (verdict) => <VerdictLabel verdict={verdict} state={states.get(verdict.delivery_id ?? "")} />,
    place: "state",
  },
  { title: "Reason", show: (verdict) => <VerdictReason verdict={verdict} type={event.type} />, place: "text" },
  {
    title: "Next step",
    show: (verdict) => <NextStep verdict={verdict} event={event} isDeleted={isDeleted(verdict.endpoint_id)} />,
    place: "end",
  },
];

/** A delivery that exists has not necessarily arrived. */
function VerdictLabel({ verdict: { sent }, state }: { verdict: Verdict; state: DeliveryState | undefined }) {
  if (state) return <DeliveryStateLabel state={state} />;
  return sent ? (
    <Label isCompact>Selected</Label>
  ) : (
    <Label isCompact status="warning">
      Not sent
    </Label>
  );
}

interface NextStepProps {
  readonly verdict: Verdict;
  readonly event: EventDetails;
  readonly isDeleted: boolean;
}

function NextStep({ verdict, event, isDeleted }: NextStepProps) {
  const { delivery_id } = verdict;
  if (delivery_id === null) {
    return isDeleted || isNeverSent(event, verdict) ? null : <SendNowButton eventId={event.id} verdict={verdict} />;
  }
  return (
    <LinkButton to="/deliveries/$id" params={{ id: delivery_id }} variant="link" isInline>
      Show delivery
    </LinkButton>
  );
}

/** An endpoint gets no event about itself, and 3scale's webhook none about endpoints: the API refuses to send them. */
const isNeverSent = ({ type, object_id }: EventDetails, { endpoint_id, endpoint_name }: Verdict): boolean =>
  isOperational(type) && (endpoint_id === object_id || endpoint_name === "default");

export interface VerdictReasonProps {
  readonly verdict: Verdict;
  readonly type: string;
}

function VerdictReason({ verdict: { sent, gate, endpoint_name }, type }: VerdictReasonProps) {
  const { data: types = [] } = useQuery(eventTypesQuery(useApi()));
  const entry = types.find((each) => each.type === type) ?? { label: type, switch: null };
  if (gate === null) return sent ? "Selected" : "The endpoint did not exist yet";

  const { reason, control } = describeGate(gate, entry);
  const isSentAfterAll = sent && " It was sent manually later.";
  return (
    <>
      {reason}.{isSentAfterAll}
      {control && endpoint_name === "default" && (
        <>
          {" "}
          Change:{" "}
          <Link to="/webhooks/edit" hash={control.id}>
            {control.label}
          </Link>
        </>
      )}
    </>
  );
}

type Gate = NonNullable<Verdict["gate"]>;

export interface GateReason {
  readonly reason: string;
  /** The control of the page Webhook settings that lets such an event through, if there is one. */
  readonly control?: { readonly id: string; readonly label: string };
}

const settingControl = (id: keyof typeof settingLabels) => ({ id, label: settingLabels[id] });

/** Explains why the event was not sent, by the settings of that time. */
export function describeGate(gate: Gate, type: Pick<EventType, "label" | "switch">): GateReason {
  switch (gate) {
    case "web_hooks_denied":
      return { reason: "Webhooks were not part of the plan" };
    case "not_active":
      return { reason: "Webhooks were not enabled", control: settingControl("active") };
    case "switch_off":
      return {
        reason: `The event was not selected: ${type.label}`,
        ...(type.switch !== null && { control: { id: type.switch, label: type.label } }),
      };
    case "own_endpoint":
      return { reason: "The event is about this endpoint itself" };
    case "admin_actions_off":
      return {
        reason: "An admin or an access token made the change, and actions in the admin portal did not trigger webhooks",
        control: settingControl("provider_actions"),
      };
    case "no_acting_user":
      return {
        reason:
          "No user made the change: it was an activation by email, a call with the provider key or a background change",
        control: settingControl("all_actors"),
      };
  }
}

export interface SendNowButtonProps {
  readonly eventId: string;
  readonly verdict: Verdict;
}

/** Sends an event despite the gate that stopped it, and shows the delivery. */
function SendNowButton({ eventId, verdict: { endpoint_id, endpoint_name } }: SendNowButtonProps) {
  const api = useApi();
  const navigate = useNavigate();
  const send = useChange({
    change: () =>
      responseBody(api.POST("/api/v1/events/{id}/send", { params: { path: { id: eventId } }, body: { endpoint_id } })),
    stale: [["events", "one", eventId]],
    failed: "The event could not be sent",
    leave: ({ id }) => navigate({ to: "/deliveries/$id", params: { id } }),
  });
  return (
    <Button
      variant="secondary"
      size="sm"
      aria-label={`Send now to ${endpoint_name}`}
      isLoading={send.isPending}
      isAriaDisabled={send.isPending}
      onClick={() => send.mutate(undefined)}
    >
      Send now
    </Button>
  );
}
