import { useState } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { toldToEndpoints } from "../../components/told-to-endpoints.ts";
import type { EndDialogProps } from "./delete-application-dialog.tsx";
import { useApplicationEnd } from "./use-application-end.ts";

/** Says no to an application that waits for approval, and why. */
export function RejectApplicationDialog({ application, name, onClose }: EndDialogProps) {
  const api = useManagement();
  const [reason, setReason] = useState("");
  const { mutate, isPending, errors } = useApplicationEnd(application, {
    change: () => api.operate(`applications/${application.id}/reject`, { reason }),
    done: `${name} was rejected`,
    failed: "The application could not be rejected",
    fields: ["reason"],
  });
  return (
    <FormDialog
      title={`Reject ${name}?`}
      description={`It is deleted, with its credentials, and cannot be brought back. ${toldToEndpoints}`}
      submit="Reject"
      isDanger
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <TextField
        id="reason"
        label="Reason"
        hint="The account's admins read it in a mail. Left empty: the mail gives none"
        errors={errors["reason"]}
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  );
}
