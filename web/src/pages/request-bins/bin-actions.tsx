import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem, errorMessage } from "../../api/api-problem.ts";
import { responseBody, expectSuccess, useApi } from "../../api/bellwire-client.ts";
import type { Bin } from "../../api/endpoints.ts";
import { binLimits } from "../../api/facts.ts";
import { TextField } from "../../components/form/fields.tsx";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { useToast } from "../../components/toast-context.ts";

export function ChangeAnswerDialog({ bin, onClose }: { bin: Bin; onClose: () => void }) {
  const [status, setStatus] = useState(String(bin.answer_status));
  const [delayMs, setDelayMs] = useState(String(bin.answer_delay_ms));
  const { change } = useBinActions();
  const errors = change.error instanceof ApiProblem ? change.error.errors : {};
  return (
    <FormDialog
      title="Response of the bin"
      description="Let the bin fail or respond slowly, and watch the retries."
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
        hint={`From ${binLimits.answer_status.min} to ${binLimits.answer_status.max}. Only 200 counts as delivered, unless the endpoint's settings say otherwise.`}
        errors={errors["answer_status"]}
        value={status}
        input={{ type: "number", ...binLimits.answer_status }}
        onChange={setStatus}
      />
      <TextField
        id="answer_delay_ms"
        label="Delay in milliseconds"
        isRequired
        hint={`Wait before the response, at most ${binLimits.answer_delay_ms.max / 60_000} minutes.`}
        errors={errors["answer_delay_ms"]}
        value={delayMs}
        input={{ type: "number", ...binLimits.answer_delay_ms }}
        onChange={setDelayMs}
      />
    </FormDialog>
  );
}

export function useBinActions() {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const refresh = () => client.invalidateQueries({ queryKey: ["bins"] });
  const showError = (title: string) => (error: unknown) =>
    toast({ kind: "danger", title, detail: errorMessage(error) });

  const create = useMutation({
    mutationFn: () => responseBody(api.POST("/api/v1/bins", { body: {} })),
    onSuccess: refresh,
    onError: showError("The bin could not be created"),
  });
  const remove = useMutation({
    mutationFn: (id: string) => expectSuccess(api.DELETE("/api/v1/bins/{id}", { params: { path: { id } } })),
    onSuccess: refresh,
    onError: showError("The bin could not be deleted"),
  });
  const change = useMutation({
    mutationFn: ({ id, answer_status, answer_delay_ms }: Pick<Bin, "id" | "answer_status" | "answer_delay_ms">) =>
      responseBody(
        api.PATCH("/api/v1/bins/{id}", { params: { path: { id } }, body: { answer_status, answer_delay_ms } }),
      ),
    onSuccess: async (bin) => {
      toast({ kind: "success", title: `The bin now responds with ${describeAnswer(bin)}` });
      await refresh();
    },
    onError: showError("The bin could not be updated"),
  });
  return { create, remove, change };
}

/** Returns "200", or "500 after 1.5 s". */
export const describeAnswer = ({
  answer_status,
  answer_delay_ms,
}: Pick<Bin, "answer_status" | "answer_delay_ms">): string =>
  answer_delay_ms > 0 ? `${answer_status} after ${answer_delay_ms / 1000} s` : String(answer_status);
