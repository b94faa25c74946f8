import { Label } from "@patternfly/react-core";

import { useLiveState } from "../api/live-context.ts";

/** Whether what is on the screen follows what happens. */
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
  }
}
