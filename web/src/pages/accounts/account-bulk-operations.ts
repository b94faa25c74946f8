import type { BulkOperation } from "../../components/bulk/bulk-operation.ts";
import type { PlanOnOffer } from "../../components/plans/plan-options.ts";
import { toldToEndpoints } from "../../components/told-to-endpoints.ts";
import type { BellwireSchemas } from "../../api/api-client.ts";

type Operation = BulkOperation<BellwireSchemas["AccountsToChange"]["operation"]>;

const isOut = "Their users are signed out at once and cannot sign in";
const isTold = `The admins of each get a mail. ${toldToEndpoints}`;

const forMembers: ReadonlySet<Operation["operation"]> = new Set(["make_pending", "change_plan"]);

/** What somebody may do with several accounts. Members with their section let them wait and change plans, and no more. */
export function accountOperations(plans: readonly PlanOnOffer[], mayAdminister: boolean): readonly Operation[] {
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
      says: `They are approved then, and their users can sign in. ${toldToEndpoints}`,
    },
    {
      operation: "change_plan",
      title: "Change plan",
      done: "moved",
      says: `The new plan holds at once. ${toldToEndpoints}`,
      plans,
    },
    {
      operation: "delete",
      title: "Delete",
      done: "deleted",
      says: `Their users, their applications and their keys go with them, and cannot be brought back. ${toldToEndpoints}`,
      isDanger: true,
    },
  ];
  return all.filter(
    ({ operation, plans: offered }) => (mayAdminister || forMembers.has(operation)) && offered?.length !== 0,
  );
}
