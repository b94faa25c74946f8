import { Content } from "@patternfly/react-core";

import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import type { Chosen } from "./choose-failures.ts";

export interface ToDelete {
  readonly chosen: readonly Chosen[];
  /** Which they are, in words: "all failures", "1 selected failure". */
  readonly says: string;
  /** What else there is to know of them. */
  readonly note?: string;
}

export interface DeleteFailuresDialogProps {
  readonly toDelete: ToDelete;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export const whatDeletingDoes =
  "They leave this list and are not tried again. What was sent and answered stays readable under Deliveries.";

export function DeleteFailuresDialog({ toDelete, isBusy, onConfirm, onClose }: DeleteFailuresDialogProps) {
  const title = `Delete ${toDelete.says}?`;
  return (
    <ConfirmDialog title={title} confirm="Delete" isBusy={isBusy} onConfirm={onConfirm} onClose={onClose}>
      {toDelete.note && <Content component="p">{toDelete.note}</Content>}
      <Content component="p">{whatDeletingDoes}</Content>
    </ConfirmDialog>
  );
}
