import { Button, Toolbar, ToolbarContent, ToolbarItem } from "@patternfly/react-core";

export interface FailureToolbarProps {
  readonly selectedCount: number;
  readonly isBusy: boolean;
  /** How far it is with what takes long. */
  readonly progress: string | undefined;
  readonly onRetrySelected: () => void;
  readonly onRetryAll: () => void;
  readonly onDeleteSelected: () => void;
  readonly onDeleteAll: () => void;
  readonly onDeleteUntil: () => void;
}

export function FailureToolbar(props: FailureToolbarProps) {
  const { selectedCount, isBusy } = props;
  const hasSelection = selectedCount > 0;
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <ToolbarItem>
          <Button isDisabled={isBusy} onClick={hasSelection ? props.onRetrySelected : props.onRetryAll}>
            {hasSelection ? `Retry ${selectedCount} selected` : "Retry all"}
          </Button>
        </ToolbarItem>
        <ToolbarItem>
          <Button
            variant="secondary"
            isDanger
            isDisabled={isBusy}
            onClick={hasSelection ? props.onDeleteSelected : props.onDeleteAll}
          >
            {hasSelection ? `Delete ${selectedCount} selected` : "Delete all"}
          </Button>
        </ToolbarItem>
        <ToolbarItem>
          <Button variant="link" isDanger isDisabled={isBusy} onClick={props.onDeleteUntil}>
            Delete older…
          </Button>
        </ToolbarItem>
        <ToolbarItem alignSelf="center">
          <span role="status">{props.progress}</span>
        </ToolbarItem>
      </ToolbarContent>
    </Toolbar>
  );
}
