import { useQuery } from "@tanstack/react-query";
import type { Account } from "../../api/accounts.ts";
import { type BellwireSchemas, responseBody, useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { accountPlansQuery } from "../../api/products.ts";
import { mayAdminister, useSession } from "../../api/session.tsx";
import { BulkMenu } from "../../components/bulk/bulk-menu.tsx";
import type { BulkOperation } from "../../components/bulk/bulk-operation.ts";
import { webhookNote } from "../../components/form/form-dialog.tsx";
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
      act={async (body) => (await responseBody(api.POST("/api/v1/accounts/bulk", { body }))).data}
      stale={[["accounts"], ["applications"], ["mails"]]}
      onDone={onDone}
    />
  );
}

type Operation = BulkOperation<BellwireSchemas["AccountSelection"]["operation"]>;

const signedOut = "Their users are signed out immediately and cannot sign in";
const notified = `Their admins get an email. ${webhookNote}`;

const forMembers: ReadonlySet<Operation["operation"]> = new Set(["make_pending", "change_plan"]);

/** Returns the bulk operations. Members of the section may only make accounts pending and change plans. */
function accountOperations(plans: readonly PlanOnOffer[], isAdmin: boolean): readonly Operation[] {
  const all: readonly Operation[] = [
    { operation: "approve", title: "Approve", done: "approved", consequence: `Their users can sign in. ${notified}` },
    {
      operation: "make_pending",
      title: "Make pending",
      done: "made pending",
      consequence: `${signedOut} until you approve them. ${notified}`,
    },
    {
      operation: "reject",
      title: "Reject",
      done: "rejected",
      consequence: `${signedOut} unless you approve them later. ${notified}`,
    },
    {
      operation: "suspend",
      title: "Suspend",
      done: "suspended",
      consequence: `${signedOut} until you resume them, which makes them approved. ${webhookNote}`,
    },
    {
      operation: "resume",
      title: "Resume",
      done: "resumed",
      consequence: `They become approved, and their users can sign in. ${webhookNote}`,
    },
    {
      operation: "change_plan",
      title: "Change plan",
      done: "moved",
      consequence: `The new plan applies immediately. ${webhookNote}`,
      plans,
    },
    {
      operation: "delete",
      title: "Delete",
      done: "deleted",
      consequence: `This also deletes their users, applications and keys. They cannot be restored. ${webhookNote}`,
      isDanger: true,
    },
  ];
  return all.filter(({ operation, plans: offered }) => (isAdmin || forMembers.has(operation)) && offered?.length !== 0);
}
