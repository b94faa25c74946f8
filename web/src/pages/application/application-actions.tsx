import { Content } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { pathOf, type Application } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { applicationPlansQuery } from "../../api/management/plan-queries.ts";
import { ActionMenu } from "../../components/action-menu.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { useChange } from "../../components/use-change.ts";
import { planSteps } from "./plan-steps.ts";

const steps = {
  pending: [{ operation: "accept", title: "Accept" }],
  live: [{ operation: "suspend", title: "Suspend" }],
  suspended: [{ operation: "resume", title: "Resume" }],
} as const;

export function ApplicationActions({ application }: { application: Application }) {
  const api = useManagement();
  const { data: plans } = useQuery(applicationPlansQuery(api, application.service_id));
  const [isEnding, setEnding] = useState<"Delete" | "Reject">();
  const path = pathOf({ accountId: application.account_id, id: application.id });
  const step = useChange({
    change: (operation: string) => api.change(`${path}/${operation}`),
    stale: [["applications"]],
    done: "The application was changed",
    failed: "The application could not be changed",
  });
  const taken = [...steps[application.state], ...planSteps(application, plans)];
  return (
    <>
      <ActionMenu
        actions={[
          ...taken.map(({ operation, title }) => ({ title, onClick: () => step.mutate(operation) })),
          ...(application.state === "pending"
            ? [{ title: "Reject", isDanger: true, onClick: () => setEnding("Reject") }]
            : []),
          { title: "Delete", isDanger: true, onClick: () => setEnding("Delete") },
        ]}
      />
      {isEnding && <EndDialog application={application} verb={isEnding} onClose={() => setEnding(undefined)} />}
    </>
  );
}

interface EndDialogProps {
  readonly application: Application;
  readonly verb: "Delete" | "Reject";
  readonly onClose: () => void;
}

function EndDialog({ application: { id, account_id, name = "the application" }, verb, onClose }: EndDialogProps) {
  const api = useManagement();
  const navigate = useNavigate();
  const end = useChange({
    change: () =>
      verb === "Reject" ? api.operate(`applications/${id}/reject`) : api.remove(pathOf({ accountId: account_id, id })),
    stale: [
      ["applications", "list"],
      ["applications", "of account", account_id],
    ],
    done: `${name} was ${verb === "Reject" ? "rejected" : "deleted"}`,
    failed: `The application could not be ${verb === "Reject" ? "rejected" : "deleted"}`,
    onDone: () => navigate({ to: "/accounts/$id", params: { id: String(account_id) } }),
  });
  return (
    <ConfirmDialog
      title={`${verb} ${name}?`}
      confirm={verb}
      isBusy={end.isPending}
      onConfirm={() => end.mutate(undefined)}
      onClose={onClose}
    >
      <Content component="p">It ends at once, with its credentials, and cannot be brought back.</Content>
    </ConfirmDialog>
  );
}
