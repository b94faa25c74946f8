import { Button, Flex } from "@patternfly/react-core";
import type { QueryKey } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import type { AccountPlan } from "../../api/products.ts";
import { SelectField } from "../form/fields.tsx";
import { FormDialog, webhookNote } from "../form/form-dialog.tsx";
import { useChange } from "../form/use-change.ts";
import { Name } from "../labels.tsx";
import { nameInText } from "../words.ts";

interface PlanNameProps {
  readonly plan: { readonly id: number; readonly name: string };
  /** The product of an application plan, which has a page of its own. */
  readonly productId?: number | undefined;
}

export const PlanName = ({ plan: { id, name }, productId }: PlanNameProps) =>
  productId === undefined ? (
    <Name>{name}</Name>
  ) : (
    <Link to="/products/$productId/plans/$id" params={{ productId: String(productId), id: String(id) }}>
      <Name>{name}</Name>
    </Link>
  );

export interface PlanChangeProps extends Omit<ChangePlanDialogProps, "onClose" | "present" | "isCustom"> {
  readonly present: PlanNameProps["plan"];
  readonly productId?: number;
}

/** Shows the present plan of an account, application or subscription, and a button to change it. */
export function PlanChange({ present, plans, productId, ...rest }: PlanChangeProps) {
  const [isChoosing, setChoosing] = useState(false);
  const others = plans.filter(({ id }) => id !== present.id);
  return (
    <Flex columnGap={{ default: "columnGapMd" }}>
      <PlanName plan={present} productId={productId} />
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
          // The product's list of plans does not contain custom plans.
          isCustom={others.length === plans.length}
          onClose={() => setChoosing(false)}
        />
      )}
    </Flex>
  );
}

interface ChangePlanDialogProps {
  /** The path of the operation that changes the plan. */
  readonly path: string;
  readonly stale: readonly QueryKey[];
  /** The plans to choose from. */
  readonly plans: readonly PlanOnOffer[];
  /** The name of the present plan. */
  readonly present: string;
  /** False for subscriptions, whose changes record no event. */
  readonly hasEvent?: boolean;
  /** True if the present plan was made for this application alone. It is deleted with the change. */
  readonly isCustom?: boolean;
  readonly onClose: () => void;
}

function ChangePlanDialog({
  path,
  stale,
  plans,
  present,
  hasEvent = true,
  isCustom = false,
  onClose,
}: ChangePlanDialogProps) {
  const api = useManagement();
  const [planId, setPlanId] = useState("");
  const { mutate, isPending, errors } = useChange({
    change: () => api.update(path, { plan_id: Number(planId) }),
    stale: [...stale, ["plans"]],
    done: "The plan was changed",
    failed: "The plan could not be changed",
    fields: ["plan_id"],
    leave: onClose,
  });
  const leaves = isCustom ? " The present plan was made for this application alone and will be deleted." : "";
  return (
    <FormDialog
      title="Change plan"
      description={`Present plan: ${nameInText(present)}.${leaves} The new plan applies immediately.${hasEvent ? ` ${webhookNote}` : ""}`}
      submit="Change plan"
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

/** Returns the options of a plan select. No plan is preselected, so the choice is deliberate. */
export const planOptions = (plans: readonly PlanOnOffer[]) => [
  { value: "", label: "Choose a plan" },
  ...plans.map(({ id, name, state }) => ({
    value: String(id),
    label: state === "hidden" ? `${nameInText(name)} (hidden)` : name,
  })),
];

/** The API's values for the plan changes that developers may make. */
export const planPermissions = [
  { value: "direct", label: "Developers change the plan themselves" },
  { value: "request", label: "Developers request a plan, and you decide" },
  { value: "credit_card", label: "Developers with a credit card change the plan themselves" },
  {
    value: "request_credit_card",
    label: "Developers with a credit card change the plan themselves, others request it",
  },
  { value: "none", label: "Only you change the plan" },
] as const;
