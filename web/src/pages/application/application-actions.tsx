import { Content } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { pathOf, type Application } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { applicationPlansQuery } from "../../api/management/plan-queries.ts";
import { ActionMenu } from "../../components/action-menu.tsx";
import { ConfirmDialog, type Question } from "../../components/confirm-dialog.tsx";
import { useChange } from "../../components/use-change.ts";
import { questionBefore } from "./application-questions.ts";
import { DeleteApplicationDialog } from "./delete-application-dialog.tsx";
import { planSteps } from "./plan-steps.ts";
import { RejectApplicationDialog } from "./reject-application-dialog.tsx";

const steps = {
  pending: [{ operation: "accept", title: "Accept" }],
  live: [{ operation: "suspend", title: "Suspend" }],
  suspended: [{ operation: "resume", title: "Resume" }],
} as const;

type Open = "delete" | "reject" | (Question & { readonly operation: string; readonly verb: string });

export function ApplicationActions({ application }: { application: Application }) {
  const api = useManagement();
  const { data: plans } = useQuery(applicationPlansQuery(api, application.service_id));
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  const name = application.name || "the application";
  const path = pathOf({ accountId: application.account_id, id: application.id });
  const step = useChange({
    change: (operation: string) => api.change(`${path}/${operation}`),
    stale: [["applications"]],
    done: "The application was changed",
    failed: "The application could not be changed",
    onDone: close,
  });
  const taken = [...steps[application.state], ...planSteps(application, plans)].map(({ operation, title }) => {
    const asks = questionBefore(operation, name);
    return { title, onClick: () => (asks ? setOpen({ ...asks, operation, verb: title }) : step.mutate(operation)) };
  });
  return (
    <>
      <ActionMenu
        isBusy={step.isPending}
        actions={[
          ...taken,
          ...(application.state === "pending"
            ? [{ title: "Reject", isDanger: true, onClick: () => setOpen("reject") }]
            : []),
          { title: "Delete", isDanger: true, onClick: () => setOpen("delete") },
        ]}
      />
      {open === "delete" && <DeleteApplicationDialog application={application} name={name} onClose={close} />}
      {open === "reject" && <RejectApplicationDialog application={application} name={name} onClose={close} />}
      {typeof open === "object" && (
        <ConfirmDialog
          title={open.title}
          confirm={open.verb}
          isBusy={step.isPending}
          onConfirm={() => step.mutate(open.operation)}
          onClose={close}
        >
          <Content component="p">{open.says}</Content>
        </ConfirmDialog>
      )}
    </>
  );
}
