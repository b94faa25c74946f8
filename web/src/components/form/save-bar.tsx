import { ActionGroup, Button } from "@patternfly/react-core";
import type { ReactNode } from "react";

export interface SaveBarProps {
  readonly save: string;
  readonly isSaving: boolean;
  /** Nothing to discard without it. */
  readonly onDiscard?: (() => void) | undefined;
  readonly children?: ReactNode;
}

/** Stays in sight below a long form, since what was changed must be saved. */
export function SaveBar({ save, isSaving, onDiscard, children }: SaveBarProps) {
  return (
    <ActionGroup className="bellwire-save-bar">
      <Button type="submit" isLoading={isSaving} isDisabled={isSaving}>
        {save}
      </Button>
      {onDiscard && (
        <Button variant="link" onClick={onDiscard}>
          Discard changes
        </Button>
      )}
      {children}
    </ActionGroup>
  );
}
