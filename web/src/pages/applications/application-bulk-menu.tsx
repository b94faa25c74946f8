import { useQuery } from "@tanstack/react-query";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { nameOf, type Application } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { applicationPlansQuery } from "../../api/management/plan-queries.ts";
import { BulkMenu } from "../../components/bulk/bulk-menu.tsx";
import { applicationOperations } from "./application-bulk-operations.ts";

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
      selected={selected.map((it) => ({ id: it.id, name: `${nameOf(it)} of ${it.org_name}` }))}
      operations={applicationOperations(isOneProduct ? plans : [])}
      act={async (body) => (await answerOf(api.POST("/api/v1/applications/bulk", { body }))).data}
      stale={[["applications"], ["plans"], ["mails"]]}
      onDone={onDone}
    />
  );
}
