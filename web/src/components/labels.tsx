import { Label, type LabelProps } from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import HourglassHalfIcon from "@patternfly/react-icons/dist/esm/icons/hourglass-half-icon";
import { Link } from "@tanstack/react-router";
import type { AccountState, User } from "../api/accounts.ts";
import type { ApplicationState } from "../api/applications.ts";
import type { DeliveryState } from "../api/deliveries.ts";
import { refreshSeconds, useLiveState } from "../api/live-updates.tsx";

/** Isolates a user-chosen name, so that a right-to-left name does not reorder the text around it. */
export const Name = ({ children }: { children: string }) => <bdi>{children}</bdi>;

export interface EndpointLinkProps {
  readonly id: number;
  readonly name: string;
  readonly isDeleted?: boolean;
}

/** The name of an endpoint with a link to its page, which a deleted one does not have. */
export function EndpointLink({ id, name, isDeleted = false }: EndpointLinkProps) {
  if (isDeleted) {
    return (
      <>
        <Name>{name}</Name> (deleted)
      </>
    );
  }
  return (
    <Link to="/endpoints/$id" params={{ id: String(id) }}>
      <Name>{name}</Name>
    </Link>
  );
}

type State = AccountState | ApplicationState | User["state"];

const looks = {
  created: { color: "grey" },
  pending: { color: "blue" },
  approved: { status: "success" },
  active: { status: "success" },
  live: { status: "success" },
  rejected: { status: "danger" },
  suspended: { status: "warning" },
  email_unverified: { color: "orange" },
  scheduled_for_deletion: { status: "danger" },
} as const satisfies Record<State, LabelProps>;

/** Shows the state of an account, a user or an application. */
export function StateLabel({ state }: { state: State }) {
  const words = state.replaceAll("_", " ");
  return (
    <Label isCompact {...looks[state]}>
      {words.charAt(0).toUpperCase() + words.slice(1)}
    </Label>
  );
}

/** Shows the state of a delivery. Success is quiet, so that a failure stands out in a list. */
export function DeliveryStateLabel({ state }: { state: DeliveryState }) {
  switch (state) {
    case "pending":
      return (
        <Label isCompact color="blue" icon={<HourglassHalfIcon />}>
          Pending
        </Label>
      );
    case "delivered":
      return (
        <span className="bellwire-quiet-success">
          <CheckCircleIcon /> Delivered
        </span>
      );
    case "failed":
      return (
        <Label isCompact status="danger">
          Failed
        </Label>
      );
    case "cancelled":
      return (
        <Label isCompact icon={<BanIcon />}>
          Cancelled
        </Label>
      );
  }
}

export interface AnswerLabelProps {
  readonly attempt: { readonly status: number | null; readonly error: string | null } | null;
}

/** Shows the HTTP status of an attempt, as a label unless it counts as delivered. */
export function AnswerLabel({ attempt }: AnswerLabelProps) {
  if (!attempt) return <span className="bellwire-subtle">None yet</span>;
  const { status, error } = attempt;
  if (error === null) return <span className="bellwire-quiet-success">{status}</span>;
  return (
    <Label isCompact color="red" variant="outline" title={error}>
      {status ?? "No response"}
    </Label>
  );
}

/** Shows whether the page follows the event stream. */
export function LiveLabel() {
  const state = useLiveState();
  switch (state) {
    case "connecting":
      return <Label variant="outline">Connecting…</Label>;
    case "live":
      return (
        <Label variant="outline" status="success">
          Live
        </Label>
      );
    case "interrupted":
      return (
        <Label variant="outline" status="warning">
          Reconnecting…
        </Label>
      );
    case "refreshing":
      return <Label variant="outline">Refreshing every {refreshSeconds} seconds</Label>;
  }
}
