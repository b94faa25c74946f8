import { useQuery } from "@tanstack/react-query";
import { type Application, applicationName } from "../../api/applications.ts";
import { type BellwireSchemas, responseBody, useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { applicationPlansQuery } from "../../api/products.ts";
import { BulkMenu } from "../../components/bulk/bulk-menu.tsx";
import type { BulkOperation } from "../../components/bulk/bulk-operation.ts";
import { webhookNote } from "../../components/form/form-dialog.tsx";
import type { PlanOnOffer } from "../../components/plans/plan-change.tsx";

export interface ApplicationBulkMenuProps {
  readonly selected: readonly Application[];
  readonly onDone: (ids: readonly number[]) => void;
}

export function ApplicationBulkMenu({ selected, onDone }: ApplicationBulkMenuProps) {
  const api = useApi();
  const [productId, ...others] = new Set(selected.map(({ service_id }) => service_id));
  const isOneProduct = productId !== undefined && others.length === 0;
  const { data: plans = [] } = useQuery({
    ...applicationPlansQuery(useManagement(), productId ?? 0),
    enabled: isOneProduct,
  });
  return (
    <BulkMenu
      nouns={["application", "applications"]}
      selected={selected.map((application) => ({
        id: application.id,
        name: `${applicationName(application)} of ${application.org_name}`,
      }))}
      operations={applicationOperations(isOneProduct ? plans : [])}
      act={async (body) => (await responseBody(api.POST("/api/v1/applications/bulk", { body }))).data}
      stale={[["applications"], ["plans"], ["mails"]]}
      onDone={onDone}
    />
  );
}

type Operation = BulkOperation<BellwireSchemas["ApplicationSelection"]["operation"]>;

/** Returns the bulk operations. `plans` is empty if the applications belong to different products. */
function applicationOperations(plans: readonly PlanOnOffer[]): readonly Operation[] {
  const all: readonly Operation[] = [
    {
      operation: "accept",
      title: "Accept",
      done: "accepted",
      consequence: `Pending applications become live. ${webhookNote}`,
    },
    {
      operation: "suspend",
      title: "Suspend",
      done: "suspended",
      consequence: `They must no longer be served until you resume them. ${webhookNote}`,
    },
    { operation: "resume", title: "Resume", done: "resumed", consequence: `They become live again. ${webhookNote}` },
    {
      operation: "change_plan",
      title: "Change plan",
      done: "moved",
      consequence: `The new plan applies immediately. Customized plans of these applications are deleted. ${webhookNote}`,
      plans,
    },
    {
      operation: "reject",
      title: "Reject",
      done: "rejected",
      consequence: `The applications and their credentials are deleted and cannot be restored. The admins of their accounts get an email without a reason. ${webhookNote}`,
      isDanger: true,
    },
    {
      operation: "delete",
      title: "Delete",
      done: "deleted",
      consequence: `The applications and their credentials stop working immediately and cannot be restored. ${webhookNote}`,
      isDanger: true,
    },
  ];
  return all.filter(({ plans: offered }) => offered?.length !== 0);
}
