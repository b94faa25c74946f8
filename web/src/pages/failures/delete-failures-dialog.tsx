import { Content } from "@patternfly/react-core";

import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import type { Chosen } from "./choose-failures.ts";

export interface ToDelete {
  readonly chosen: readonly Chosen[];
  /** Which they are, in words: "all failures", "1 selected failure". */
  readonly says: string;
}

export interface DeleteFailuresDialogProps {
  readonly toDelete: ToDelete;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function DeleteFailuresDialog({ toDelete: { says }, isBusy, onConfirm, onClose }: DeleteFailuresDialogProps) {
  return (
    <ConfirmDialog title={`Delete ${says}?`} confirm="Delete" isBusy={isBusy} onConfirm={onConfirm} onClose={onClose}>
      <Content component="p">
        They leave this list and are not tried again. What was sent and answered stays readable under Deliveries.
      </Content>
    </ConfirmDialog>
  );
}
