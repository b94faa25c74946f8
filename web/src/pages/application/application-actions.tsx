import { Content } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type Application, applicationPath } from "../../api/applications.ts";
import { useManagement } from "../../api/management-client.ts";
import { type ApplicationPlan, applicationPlansQuery } from "../../api/products.ts";
import { ActionMenu } from "../../components/action-menu.tsx";
import { TextField } from "../../components/form/fields.tsx";
import {
  ConfirmDialog,
  DeleteDialog,
  FormDialog,
  type Question,
  webhookNote,
} from "../../components/form/form-dialog.tsx";
import { type ChangeOptions, useChange } from "../../components/form/use-change.ts";
import { nameInText } from "../../components/words.ts";

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
  const path = applicationPath({ accountId: application.account_id, id: application.id });
  const step = useChange({
    change: (operation: string) => api.update(`${path}/${operation}`),
    stale: [["applications"]],
    done: "The application was updated",
    failed: "The application could not be updated",
    onDone: close,
  });
  const stepActions = [...steps[application.state], ...planSteps(application, plans)].map(({ operation, title }) => {
    const confirmation = applicationQuestion(operation, name);
    return {
      title,
      onClick: () => (confirmation ? setOpen({ ...confirmation, operation, verb: title }) : step.mutate(operation)),
    };
  });
  return (
    <>
      <ActionMenu
        isBusy={step.isPending}
        actions={[
          ...stepActions,
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
          <Content component="p">{open.text}</Content>
        </ConfirmDialog>
      )}
    </>
  );
}

/** Returns the confirmation before a step that stops an application or deletes a part of it. */
function applicationQuestion(operation: string, name: string): Question | undefined {
  switch (operation) {
    case "suspend":
      return {
        title: `Suspend ${nameInText(name)}?`,
        text: `The application must no longer be served until you resume it. ${webhookNote}`,
      };
    case "decustomize_plan":
      return {
        title: `Return ${nameInText(name)} to the standard plan?`,
        text: `The customized plan is deleted and cannot be restored. ${webhookNote}`,
      };
    default:
      return undefined;
  }
}

/**
 * Returns the operations on the application's plan, or none while the plans load. A plan that the product does not list
 * was made for this application alone.
 */
export function planSteps(
  { plan_id }: Pick<Application, "plan_id">,
  plansForAll: readonly Pick<ApplicationPlan, "id">[] | undefined,
): readonly { readonly operation: string; readonly title: string }[] {
  if (plansForAll === undefined) return [];
  return plansForAll.some(({ id }) => id === plan_id)
    ? [{ operation: "customize_plan", title: "Customize the plan" }]
    : [{ operation: "decustomize_plan", title: "Return to the standard plan" }];
}

interface EndDialogProps {
  readonly application: Application;
  readonly name: string;
  readonly onClose: () => void;
}

function DeleteApplicationDialog({ application, name, onClose }: EndDialogProps) {
  const api = useManagement();
  const { mutate, isPending } = useApplicationEnd(application, {
    change: () => api.delete(applicationPath({ accountId: application.account_id, id: application.id })),
    done: `${nameInText(name)} was deleted`,
    failed: "The application could not be deleted",
  });
  return (
    <DeleteDialog
      title={`Delete ${nameInText(name)}?`}
      isBusy={isPending}
      onConfirm={() => mutate(undefined)}
      onClose={onClose}
    >
      The application and its credentials stop working immediately. They cannot be restored. {webhookNote}
    </DeleteDialog>
  );
}

/** Rejects a pending application, with a reason. */
function RejectApplicationDialog({ application, name, onClose }: EndDialogProps) {
  const api = useManagement();
  const [reason, setReason] = useState("");
  const { mutate, isPending, errors } = useApplicationEnd(application, {
    change: () => api.runOperation(`applications/${application.id}/reject`, { reason }),
    done: `${nameInText(name)} was rejected`,
    failed: "The application could not be rejected",
    fields: ["reason"],
  });
  return (
    <FormDialog
      title={`Reject ${nameInText(name)}?`}
      description={`The application and its credentials are deleted. They cannot be restored. ${webhookNote}`}
      submit="Reject"
      isDanger
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <TextField
        id="reason"
        label="Reason"
        hint="The account's admins get an email with this reason. If empty, the email contains none"
        errors={errors["reason"]}
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  );
}

/** Runs an action that deletes the application, and then shows its account. */
function useApplicationEnd(
  { account_id, id }: Pick<Application, "account_id" | "id">,
  options: Pick<ChangeOptions<undefined, void>, "change" | "done" | "failed" | "fields">,
) {
  const navigate = useNavigate();
  return useChange({
    ...options,
    stale: [
      ["applications", "list"],
      ["applications", "of account", account_id],
      ["applications", "plan requests"],
    ],
    gone: [["applications", "one", id]],
    // The input of an application that has ended is of no use.
    leave: () => navigate({ to: "/accounts/$id", params: { id: String(account_id) }, ignoreBlocker: true }),
  });
}
