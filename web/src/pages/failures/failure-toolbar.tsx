import { Button, Toolbar, ToolbarContent, ToolbarGroup, ToolbarItem } from "@patternfly/react-core";

import { DeleteUntil } from "./delete-until.tsx";

export interface FailureToolbarProps {
  readonly selectedCount: number;
  readonly isBusy: boolean;
  readonly onRetrySelected: () => void;
  readonly onRetryAll: () => void;
  readonly onDeleteSelected: () => void;
  readonly onDeleteAll: () => void;
  readonly onDeleteUntil: (until: string, says: string) => void;
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
        <ToolbarGroup align={{ default: "alignStart", lg: "alignEnd" }}>
          <DeleteUntil isBusy={isBusy} onDelete={props.onDeleteUntil} />
        </ToolbarGroup>
      </ToolbarContent>
    </Toolbar>
  );
}
