import { Content } from "@patternfly/react-core";

import type { User } from "../../api/management/user-queries.ts";
import { ConfirmDialog, type ConfirmDialogProps } from "../../components/confirm-dialog.tsx";
import type { UserStep } from "../../components/users/user-steps.ts";
import { questionBefore } from "./user-questions.ts";

/** What was chosen from a user's menu and is asked about. */
export interface ToConfirm {
  readonly user: User;
  readonly operation: UserStep["operation"] | "delete";
}

type UserQuestionProps = ToConfirm & Pick<ConfirmDialogProps, "isBusy" | "onConfirm" | "onClose">;

const verbs: Readonly<Partial<Record<ToConfirm["operation"], string>>> = {
  delete: "Delete",
  suspend: "Suspend",
  member: "Make a member",
};

export function UserQuestion({ user, operation, ...rest }: UserQuestionProps) {
  const question = questionBefore(operation, user.username);
  return (
    question && (
      <ConfirmDialog title={question.title} confirm={verbs[operation] ?? "Yes"} {...rest}>
        <Content component="p">{question.says}</Content>
      </ConfirmDialog>
    )
  );
}
