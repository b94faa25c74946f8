import type { QueryKey } from "@tanstack/react-query";
import { ToolbarItem } from "@patternfly/react-core";
import { useState } from "react";

import { ActionMenu } from "../action-menu.tsx";
import { BulkDialog, type BulkDialogProps } from "./bulk-dialog.tsx";
import type { BulkOperation, Nouns, Selected } from "./bulk-operation.ts";

export interface BulkMenuProps<Name extends string> extends Pick<BulkDialogProps<Name>, "act"> {
  readonly nouns: Nouns;
  readonly selected: readonly Selected[];
  readonly operations: readonly BulkOperation<Name>[];
  readonly stale: readonly QueryKey[];
  /** It was done with these. */
  readonly onDone: (ids: readonly number[]) => void;
}

/** What can be done with all that are ticked at once. */
export function BulkMenu<Name extends string>({ selected, operations, ...rest }: BulkMenuProps<Name>) {
  // The list changes under the dialog as soon as something is done.
  const [open, setOpen] = useState<Pick<BulkDialogProps<Name>, "selected" | "operation">>();
  return (
    <ToolbarItem>
      <ActionMenu
        label={selected.length > 0 ? `With ${selected.length} selected` : "With selected"}
        isDisabled={selected.length === 0}
        actions={operations.map((operation) => ({
          title: operation.title,
          isDanger: operation.isDanger ?? false,
          onClick: () => setOpen({ selected, operation }),
        }))}
      />
      {open && <BulkDialog {...rest} {...open} onClose={() => setOpen(undefined)} />}
    </ToolbarItem>
  );
}
