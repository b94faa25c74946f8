import type { QueryKey } from "@tanstack/react-query";
import { useState } from "react";

import { useToast } from "../../toasts/toast-context.ts";
import { FormDialog } from "../form/form-dialog.tsx";
import { SelectField } from "../form/select-field.tsx";
import { planOptions } from "../plans/plan-options.ts";
import { useChange } from "../use-change.ts";
import {
  counted,
  refusedOf,
  sayDone,
  type BulkOperation,
  type BulkOutcome,
  type Nouns,
  type Selected,
} from "./bulk-operation.ts";
import { BulkResult } from "./bulk-result.tsx";
import { SelectedNames } from "./selected-names.tsx";

export interface BulkDialogProps<Name extends string> {
  readonly nouns: Nouns;
  readonly selected: readonly Selected[];
  readonly operation: BulkOperation<Name>;
  readonly act: (body: { ids: number[]; operation: Name; plan_id?: number }) => Promise<readonly BulkOutcome[]>;
  readonly stale: readonly QueryKey[];
  readonly onDone: (ids: readonly number[]) => void;
  readonly onClose: () => void;
}

/** Asks before something is done with several, and tells afterwards with which it was not done, and why. */
export function BulkDialog<Name extends string>(props: BulkDialogProps<Name>) {
  const { nouns, selected, operation: chosen, act, stale, onDone, onClose } = props;
  const { operation, title, done, says, plans, isDanger = false } = chosen;
  const toast = useToast();
  const [planId, setPlanId] = useState("");
  const { mutate, isPending, errors, data } = useChange({
    change: () => act({ ids: selected.map(({ id }) => id), operation, ...(plans && { plan_id: Number(planId) }) }),
    stale,
    failed: `The ${nouns[1]} could not be ${done}`,
    fields: ["plan_id"],
    onDone: (outcomes) => {
      const ids = outcomes.filter((it) => it.done).map(({ id }) => id);
      onDone(ids);
      if (ids.length < outcomes.length) return;
      toast({ kind: "success", title: sayDone(ids.length, nouns, done) });
      onClose();
    },
  });
  const refused = data && refusedOf(data, selected);
  if (refused?.length) {
    return (
      <BulkResult says={sayDone(selected.length - refused.length, nouns, done)} refused={refused} onClose={onClose} />
    );
  }
  return (
    <FormDialog
      title={`${title}: ${counted(selected.length, nouns)}`}
      description={says}
      submit={title}
      isDanger={isDanger}
      isBusy={isPending}
      isDisabled={plans !== undefined && !planId}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <SelectedNames selected={selected} />
      {plans && (
        <SelectField
          id="plan_id"
          label="New plan"
          isRequired
          errors={errors["plan_id"]}
          value={planId}
          options={planOptions(plans)}
          onChange={setPlanId}
        />
      )}
    </FormDialog>
  );
}
