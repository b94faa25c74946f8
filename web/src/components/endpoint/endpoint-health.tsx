import { Label, type LabelProps } from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import MinusCircleIcon from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon";
import PauseCircleIcon from "@patternfly/react-icons/dist/esm/icons/pause-circle-icon";
import UnpluggedIcon from "@patternfly/react-icons/dist/esm/icons/unplugged-icon";
import type { EndpointHealth, HealthState } from "../../api/statistics.ts";
import { When } from "../time.tsx";

interface HealthLook extends Pick<LabelProps, "color" | "status" | "icon" | "variant"> {
  readonly name: string;
}

/** From the worst to the best. Only states that need attention are filled. */
const looks = {
  unreachable: { name: "Unreachable", status: "danger", icon: <UnpluggedIcon /> },
  failing: { name: "Failing", status: "danger", icon: <ExclamationCircleIcon /> },
  disabled: { name: "Disabled", status: "danger", icon: <BanIcon /> },
  degraded: { name: "Degraded", status: "warning", icon: <ExclamationTriangleIcon /> },
  paused: { name: "Paused", color: "orange", variant: "outline", icon: <PauseCircleIcon /> },
  idle: { name: "Idle", variant: "outline", icon: <MinusCircleIcon /> },
  healthy: { name: "Healthy", color: "green", variant: "outline", icon: <CheckCircleIcon /> },
} as const satisfies Record<HealthState, HealthLook>;

export const healthStates: readonly HealthState[] = Object.keys(looks).filter(isHealthState);

function isHealthState(state: string): state is HealthState {
  return Object.hasOwn(looks, state);
}

export const healthName = (state: HealthState): string => looks[state].name;

/** Returns true for states that a person should look at. */
export const needsAttention = (state: HealthState): boolean =>
  ["unreachable", "failing", "disabled", "degraded"].includes(state);

/** Orders endpoints from the worst state to the best, and within a state by what waits. */
export const byUrgency = (one: EndpointHealth, other: EndpointHealth): number =>
  healthStates.indexOf(one.state) - healthStates.indexOf(other.state) || other.waiting - one.waiting;

type LabelledHealth = Pick<EndpointHealth, "state" | "hold" | "sentence">;

export function HealthLabel({ health: { state, hold, sentence } }: { health: LabelledHealth }) {
  const { name, ...look } = looks[state];
  return (
    <Label isCompact title={sentence} {...look}>
      {hold === "switched_off" ? "Inactive" : name}
    </Label>
  );
}

/** The state in a sentence, since when, and the advice. */
export function HealthText({ health: { state, sentence, advice, since } }: { health: EndpointHealth }) {
  return (
    <>
      {sentence}{" "}
      {needsAttention(state) && (
        <span className="bellwire-subtle">
          Since <When at={since} />.{" "}
        </span>
      )}
      {state !== "healthy" && <span className="bellwire-advice">{advice}</span>}
    </>
  );
}
