import { Alert, AlertActionLink } from "@patternfly/react-core";
import type { QueryKey } from "@tanstack/react-query";

import { useManagement } from "../../api/management/management-context.ts";
import { useChange } from "../use-change.ts";
import { When } from "../when.tsx";

export interface PlanDecisionProps {
  readonly request: {
    readonly plan_id: number;
    readonly plan_name: string;
    readonly asked_by: string | null;
    readonly created_at: string;
  };
  /** Of the operation that moves the account or application. */
  readonly path: string;
  readonly decline: () => Promise<unknown>;
  readonly stale: readonly QueryKey[];
}

/** A plan that is asked for, to be granted or declined. */
export function PlanDecision({ request, path, decline, stale }: PlanDecisionProps) {
  const management = useManagement();
  const { plan_id, plan_name, asked_by, created_at } = request;
  const granting = useChange({
    change: () => management.change(path, { plan_id }),
    stale,
    done: "The plan was changed",
    failed: "The plan could not be changed",
  });
  const declining = useChange({
    change: decline,
    stale,
    done: "The plan stays as it is",
    failed: "The request could not be declined",
  });
  const isBusy = granting.isPending || declining.isPending;
  return (
    <Alert
      isInline
      component="h2"
      variant="info"
      title={`${asked_by ?? "Somebody"} asks for the plan ${plan_name}`}
      actionLinks={
        <>
          <AlertActionLink isDisabled={isBusy} onClick={() => granting.mutate(undefined)}>
            Move to {plan_name}
          </AlertActionLink>
          <AlertActionLink isDisabled={isBusy} onClick={() => declining.mutate(undefined)}>
            Decline
          </AlertActionLink>
        </>
      }
    >
      Asked <When at={created_at} />.
    </Alert>
  );
}
