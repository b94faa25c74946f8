import { useQuery } from "@tanstack/react-query";
import type { Account } from "../../api/accounts.ts";
import { type BellwireSchemas, answerOf, useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { accountPlansQuery } from "../../api/products.ts";
import { mayAdminister, useSession } from "../../api/session.tsx";
import { BulkMenu } from "../../components/bulk/bulk-menu.tsx";
import type { BulkOperation } from "../../components/bulk/bulk-operation.ts";
import { toldToEndpoints } from "../../components/form/form-dialog.tsx";
import type { PlanOnOffer } from "../../components/plans/plan-change.tsx";

export interface AccountBulkMenuProps {
  readonly selected: readonly Account[];
  readonly onDone: (ids: readonly number[]) => void;
}

export function AccountBulkMenu({ selected, onDone }: AccountBulkMenuProps) {
  const api = useApi();
  const { data: plans = [] } = useQuery(accountPlansQuery(useManagement()));
  return (
    <BulkMenu
      nouns={["account", "accounts"]}
      selected={selected.map(({ id, org_name }) => ({ id, name: org_name }))}
      operations={accountOperations(plans, mayAdminister(useSession()))}
      act={async (body) => (await answerOf(api.POST("/api/v1/accounts/bulk", { body }))).data}
      stale={[["accounts"], ["applications"], ["mails"]]}
      onDone={onDone}
    />
  );
}

type Operation = BulkOperation<BellwireSchemas["AccountsToChange"]["operation"]>;

const isOut = "Their users are signed out immediately and cannot sign in";
const isTold = `Their admins get a mail. ${toldToEndpoints}`;

const forMembers: ReadonlySet<Operation["operation"]> = new Set(["make_pending", "change_plan"]);

/** Returns the bulk operations. Members of the section may only make accounts pending and change plans. */
function accountOperations(plans: readonly PlanOnOffer[], isAdmin: boolean): readonly Operation[] {
  const all: readonly Operation[] = [
    { operation: "approve", title: "Approve", done: "approved", says: `Their users can sign in. ${isTold}` },
    {
      operation: "make_pending",
      title: "Make pending",
      done: "made pending",
      says: `${isOut} until you approve them. ${isTold}`,
    },
    {
      operation: "reject",
      title: "Reject",
      done: "rejected",
      says: `${isOut} unless you approve them later. ${isTold}`,
    },
    {
      operation: "suspend",
      title: "Suspend",
      done: "suspended",
      says: `${isOut} until you resume them, which makes them approved. ${toldToEndpoints}`,
    },
    {
      operation: "resume",
      title: "Resume",
      done: "resumed",
      says: `They become approved, and their users can sign in. ${toldToEndpoints}`,
    },
    {
      operation: "change_plan",
      title: "Change plan",
      done: "moved",
      says: `The new plan applies immediately. ${toldToEndpoints}`,
      plans,
    },
    {
      operation: "delete",
      title: "Delete",
      done: "deleted",
      says: `This also deletes their users, applications and keys. They cannot be restored. ${toldToEndpoints}`,
      isDanger: true,
    },
  ];
  return all.filter(({ operation, plans: offered }) => (isAdmin || forMembers.has(operation)) && offered?.length !== 0);
}
