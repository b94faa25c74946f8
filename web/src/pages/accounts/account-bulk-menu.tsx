import { useQuery } from "@tanstack/react-query";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import type { Account } from "../../api/management/account-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { accountPlansQuery } from "../../api/management/plan-queries.ts";
import { mayAdminister } from "../../api/session.ts";
import { useSession } from "../../api/session-context.ts";
import { BulkMenu } from "../../components/bulk/bulk-menu.tsx";
import { accountOperations } from "./account-bulk-operations.ts";

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
