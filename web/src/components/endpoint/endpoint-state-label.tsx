import { Label } from "@patternfly/react-core";
import PauseCircleIcon from "@patternfly/react-icons/dist/esm/icons/pause-circle-icon";

import type { Endpoint } from "../../api/endpoint-queries.ts";

/** Whether it is sent to, in one word. */
export function EndpointStateLabel({ endpoint: { state, active, disabled_reason } }: { endpoint: Endpoint }) {
  if (state === "disabled" || state === "undecryptable") {
    return (
      <Label isCompact status="danger" title={disabled_reason ?? undefined}>
        {state === "disabled" ? "Disabled" : "Undecryptable"}
      </Label>
    );
  }
  if (state === "paused") {
    return (
      <Label isCompact color="orange" icon={<PauseCircleIcon />}>
        Paused
      </Label>
    );
  }
  if (!active) return <Label isCompact>Not active</Label>;
  return (
    <Label isCompact status="success">
      Active
    </Label>
  );
}
