import { Content } from "@patternfly/react-core";

import { pathOf, type Application } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { toldToEndpoints } from "../../components/told-to-endpoints.ts";
import { useApplicationEnd } from "./use-application-end.ts";

export interface EndDialogProps {
  readonly application: Application;
  readonly name: string;
  readonly onClose: () => void;
}

export function DeleteApplicationDialog({ application, name, onClose }: EndDialogProps) {
  const api = useManagement();
  const { mutate, isPending } = useApplicationEnd(application, {
    change: () => api.remove(pathOf({ accountId: application.account_id, id: application.id })),
    done: `${name} was deleted`,
    failed: "The application could not be deleted",
  });
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      confirm="Delete"
      isBusy={isPending}
      onConfirm={() => mutate(undefined)}
      onClose={onClose}
    >
      <Content component="p">
        It ends at once, with its credentials, and cannot be brought back. {toldToEndpoints}
      </Content>
    </ConfirmDialog>
  );
}
