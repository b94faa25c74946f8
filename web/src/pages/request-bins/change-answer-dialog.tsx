import { useState } from "react";

import { ApiProblem } from "../../api/api-problem.ts";
import type { Bin } from "../../api/bin-queries.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { useBinActions } from "./use-bin-actions.ts";

export function ChangeAnswerDialog({ bin, onClose }: { bin: Bin; onClose: () => void }) {
  const [status, setStatus] = useState(String(bin.answer_status));
  const [delayMs, setDelayMs] = useState(String(bin.answer_delay_ms));
  const { change } = useBinActions();
  const errors = change.error instanceof ApiProblem ? change.error.errors : {};
  return (
    <FormDialog
      title="How the bin answers"
      description="Let it fail, or take its time, and watch what becomes of the deliveries."
      submit="Save"
      isBusy={change.isPending}
      isDisabled={status === "" || delayMs === ""}
      onSubmit={() =>
        change.mutate(
          { id: bin.id, answer_status: Number(status), answer_delay_ms: Number(delayMs) },
          { onSuccess: onClose },
        )
      }
      onClose={onClose}
    >
      <TextField
        id="answer_status"
        label="Status"
        isRequired
        hint="From 200 to 599. Only 200 counts as delivered, unless the endpoint's settings say otherwise."
        errors={errors["answer_status"]}
        value={status}
        input={{ type: "number", min: 200, max: 599 }}
        onChange={setStatus}
      />
      <TextField
        id="answer_delay_ms"
        label="Delay in milliseconds"
        isRequired
        hint="How long it waits before it answers, up to two minutes."
        errors={errors["answer_delay_ms"]}
        value={delayMs}
        input={{ type: "number", min: 0, max: 120_000 }}
        onChange={setDelayMs}
      />
    </FormDialog>
  );
}
