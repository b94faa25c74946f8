import { Content } from "@patternfly/react-core";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { TextField } from "../../components/form/fields.tsx";
import { ConfirmDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { knownTimeZone, parseDateInput } from "../../components/time-zone.ts";
import { describeMoment } from "../../components/time.tsx";

export interface DeleteFailuresDialogProps {
  /** The failures in words: "this failure and all older ones". */
  readonly label: string;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

const deletionHint =
  "They leave the list and are not retried. Their deliveries stay readable. You can undo this for a minute.";

export function DeleteFailuresDialog({ label, isBusy, onConfirm, onClose }: DeleteFailuresDialogProps) {
  const title = `Delete ${label}?`;
  return (
    <ConfirmDialog title={title} confirm="Delete" isBusy={isBusy} onConfirm={onConfirm} onClose={onClose}>
      <Content component="p">{deletionHint}</Content>
    </ConfirmDialog>
  );
}

export interface DeleteUntilDialogProps {
  /** Later failures were not shown when the dialog opened, and stay. */
  readonly upTo: Date;
  readonly isBusy: boolean;
  readonly onDelete: (until: Date) => void;
  readonly onClose: () => void;
}

/** Deletes the failures up to a time, as the Account Management API's `time` does. */
export function DeleteUntilDialog({ upTo, isBusy, onDelete, onClose }: DeleteUntilDialogProps) {
  const { timeZone } = useSession();
  const [text, setText] = useState("");
  const typed = parseDateInput(text, timeZone);
  const isLater = typed !== undefined && typed > upTo;
  const until = isLater ? upTo : typed;
  return (
    <FormDialog
      title="Delete older failures"
      submit="Delete"
      isDanger
      isBusy={isBusy}
      isDisabled={!until}
      onSubmit={() => until && !isBusy && onDelete(until)}
      onClose={onClose}
    >
      <TextField
        id="failed_until"
        label="Failed up to"
        isRequired
        hint={`In the time zone of these pages, ${knownTimeZone(timeZone)}`}
        value={text}
        input={{ type: "datetime-local", step: 1 }}
        onChange={setText}
      />
      {until && (
        <Content component="p">
          Deletes the failures up to {describeMoment(until, timeZone)}, including those not shown here. Later failures
          {isLater && " and new ones"} stay.
        </Content>
      )}
      <Content component="p">{deletionHint}</Content>
    </FormDialog>
  );
}
