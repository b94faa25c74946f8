import { Content } from "@patternfly/react-core";

import type { User } from "../../api/management/user-queries.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import type { UserStep } from "../../components/users/user-steps.ts";
import { questionBefore } from "./colleague-questions.ts";
import { EditColleagueDialog } from "./edit-colleague-dialog.tsx";
import { PermissionsDialog } from "./permissions-dialog.tsx";

/** What was chosen from a colleague's menu and wants more to be said. */
export interface OpenDialog {
  readonly user: User;
  readonly asks: "edit" | "permissions" | "delete" | UserStep;
}

export interface ColleagueDialogProps extends OpenDialog {
  readonly isBusy: boolean;
  readonly onStep: (step: UserStep) => void;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}

export function ColleagueDialog({ user, asks, isBusy, onStep, onDelete, onClose }: ColleagueDialogProps) {
  if (asks === "edit") return <EditColleagueDialog user={user} onClose={onClose} />;
  if (asks === "permissions") return <PermissionsDialog user={user} onClose={onClose} />;
  const operation = asks === "delete" ? asks : asks.operation;
  const { title, says } = questionBefore(operation, user.username) ?? { title: "Are you sure?", says: "" };
  return (
    <ConfirmDialog
      title={title}
      confirm={asks === "delete" ? "Delete" : asks.title}
      isBusy={isBusy}
      onConfirm={() => (asks === "delete" ? onDelete() : onStep(asks))}
      onClose={onClose}
    >
      <Content component="p">{says}</Content>
    </ConfirmDialog>
  );
}
