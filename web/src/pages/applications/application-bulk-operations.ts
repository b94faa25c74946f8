import type { BulkOperation } from "../../components/bulk/bulk-operation.ts";
import type { PlanOnOffer } from "../../components/plans/plan-options.ts";
import { toldToEndpoints } from "../../components/told-to-endpoints.ts";
import type { BellwireSchemas } from "../../api/api-client.ts";

type Operation = BulkOperation<BellwireSchemas["ApplicationsToChange"]["operation"]>;

/** What can be done with several applications. `plans`: those that all of them can go to; none if their products differ. */
export function applicationOperations(plans: readonly PlanOnOffer[]): readonly Operation[] {
  const all: readonly Operation[] = [
    {
      operation: "accept",
      title: "Accept",
      done: "accepted",
      says: `Those that wait for approval are live then. ${toldToEndpoints}`,
    },
    {
      operation: "suspend",
      title: "Suspend",
      done: "suspended",
      says: `They must not be served any more, until you resume them. ${toldToEndpoints}`,
    },
    { operation: "resume", title: "Resume", done: "resumed", says: `They are live again. ${toldToEndpoints}` },
    {
      operation: "change_plan",
      title: "Change plan",
      done: "moved",
      says: `The new plan holds at once. Plans that were made for one of them alone are deleted. ${toldToEndpoints}`,
      plans,
    },
    {
      operation: "reject",
      title: "Reject",
      done: "rejected",
      says: `They are deleted, with their credentials, and cannot be brought back. The admins of their accounts get a mail without a reason. ${toldToEndpoints}`,
      isDanger: true,
    },
    {
      operation: "delete",
      title: "Delete",
      done: "deleted",
      says: `They end at once, with their credentials, and cannot be brought back. ${toldToEndpoints}`,
      isDanger: true,
    },
  ];
  return all.filter(({ plans: offered }) => offered?.length !== 0);
}
