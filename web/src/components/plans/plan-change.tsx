import { Button } from "@patternfly/react-core";
import type { QueryKey } from "@tanstack/react-query";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import type { AccountPlan } from "../../api/products.ts";
import { SelectField } from "../form/fields.tsx";
import { FormDialog, toldToEndpoints } from "../form/form-dialog.tsx";
import { useChange } from "../form/use-change.ts";

export interface PlanChangeProps extends Omit<ChangePlanDialogProps, "onClose" | "present" | "isCustom"> {
  readonly present: { readonly id: number; readonly name: string };
}

/** The plan that an account or application is on, with a way to another if there is one. */
export function PlanChange({ present, plans, ...rest }: PlanChangeProps) {
  const [isChoosing, setChoosing] = useState(false);
  const others = plans.filter(({ id }) => id !== present.id);
  return (
    <>
      {present.name}{" "}
      {others.length > 0 && (
        <Button variant="link" isInline onClick={() => setChoosing(true)}>
          Change plan
        </Button>
      )}
      {isChoosing && (
        <ChangePlanDialog
          {...rest}
          plans={others}
          present={present.name}
          // What its product has for all does not list it.
          isCustom={others.length === plans.length}
          onClose={() => setChoosing(false)}
        />
      )}
    </>
  );
}

interface ChangePlanDialogProps {
  /** Of the operation that moves the account or application. */
  readonly path: string;
  readonly stale: readonly QueryKey[];
  /** What it can go to. */
  readonly plans: readonly PlanOnOffer[];
  /** The name of the plan that it is on. */
  readonly present: string;
  /** That plan was made for it alone, and goes when it leaves. */
  readonly isCustom?: boolean;
  readonly onClose: () => void;
}

function ChangePlanDialog({ path, stale, plans, present, isCustom = false, onClose }: ChangePlanDialogProps) {
  const api = useManagement();
  const [planId, setPlanId] = useState("");
  const { mutate, isPending, errors } = useChange({
    change: () => api.change(path, { plan_id: Number(planId) }),
    stale: [...stale, ["plans"]],
    done: "The plan was changed",
    failed: "The plan could not be changed",
    fields: ["plan_id"],
    onDone: onClose,
  });
  const leaves = isCustom ? " That plan was made for this application alone, and is deleted." : "";
  return (
    <FormDialog
      title="Change the plan"
      description={`Now on ${present}.${leaves} The new plan holds at once. ${toldToEndpoints}`}
      submit="Change the plan"
      isBusy={isPending}
      isDisabled={!planId}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <SelectField
        id="plan_id"
        label="New plan"
        errors={errors["plan_id"]}
        value={planId}
        options={planOptions(plans)}
        onChange={setPlanId}
      />
    </FormDialog>
  );
}

export type PlanOnOffer = Pick<AccountPlan, "id" | "name" | "state">;

/** What a select offers where one of these plans must be chosen: nobody gets one that was not looked at. */
export const planOptions = (plans: readonly PlanOnOffer[]) => [
  { value: "", label: "Choose a plan" },
  ...plans.map(({ id, name, state }) => ({ value: String(id), label: state === "hidden" ? `${name} (hidden)` : name })),
];

/** What developers may do about the plan that they are on, by the words of the API. */
export const planPermissions = [
  { value: "direct", label: "They change it themselves" },
  { value: "request", label: "They ask for another, and you decide" },
  { value: "credit_card", label: "They change it themselves if they have a credit card, else not at all" },
  { value: "request_credit_card", label: "They change it themselves if they have a credit card, else they ask" },
  { value: "none", label: "Only you change it" },
] as const;
