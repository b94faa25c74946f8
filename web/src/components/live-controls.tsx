import { Badge, Button, Flex, FlexItem, Label } from "@patternfly/react-core";
import PauseIcon from "@patternfly/react-icons/dist/esm/icons/pause-icon";
import PlayIcon from "@patternfly/react-icons/dist/esm/icons/play-icon";
import type { LiveListState } from "../api/live-list.ts";
import { newRowsMax } from "../api/live-list.ts";
import { LiveLabel } from "./labels.tsx";

export interface LiveControlsProps {
  readonly state: LiveListState;
  readonly onPause: () => void;
  readonly onResume: () => void;
}

/** Shows whether a list follows the stream, pauses it, and shows the rows that arrived meanwhile. */
export function LiveControls({ state: { isPaused, newCount }, onPause, onResume }: LiveControlsProps) {
  const count = newCount < newRowsMax ? newCount.toLocaleString("en") : `${newRowsMax.toLocaleString("en")}+`;
  return (
    <Flex
      alignItems={{ default: "alignItemsCenter" }}
      spaceItems={{ default: "spaceItemsSm" }}
      flexWrap={{ default: "nowrap" }}
    >
      {!isPaused && newCount > 0 && (
        <FlexItem>
          <Button variant="link" isInline onClick={onResume}>
            Show {count} new
          </Button>
        </FlexItem>
      )}
      <FlexItem>{isPaused ? <Label variant="outline">Paused</Label> : <LiveLabel />}</FlexItem>
      <FlexItem>
        {isPaused ? (
          <Button variant="secondary" size="sm" icon={<PlayIcon />} onClick={onResume}>
            Resume {newCount > 0 && <Badge>{count} new</Badge>}
          </Button>
        ) : (
          <Button variant="secondary" size="sm" icon={<PauseIcon />} onClick={onPause}>
            Pause
          </Button>
        )}
      </FlexItem>
    </Flex>
  );
}
