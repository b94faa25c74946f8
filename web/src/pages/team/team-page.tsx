import { Button, Content, PageSection } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { User } from "../../api/accounts.ts";
import { useManagement } from "../../api/management-client.ts";
import { useSession } from "../../api/session.tsx";
import { teamQuery } from "../../api/team.ts";
import { NewPasswordField, TextField } from "../../components/form/fields.tsx";
import { ConfirmDialog, FormDialog, type Question } from "../../components/form/form-dialog.tsx";
import { useDialogForm } from "../../components/form/use-change.ts";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { type UserStep, UsersTable, useUserActions, userSteps } from "../../components/users-table.tsx";
import { PermissionsDialog } from "./permissions-dialog.tsx";
import { nameInText } from "../../components/words.ts";

export function TeamPage() {
  const query = useQuery(teamQuery(useManagement()));
  const navigate = useNavigate();
  const { userId } = useSession();
  const [isCreating, setCreating] = useState(false);
  const [open, setOpen] = useState<OpenDialog>();
  const close = (): void => setOpen(undefined);
  const { step, remove } = useUserActions({ path: "users", stale: [["team"]] }, close);

  const run = (user: User, chosen: UserStep): void =>
    colleagueQuestion(chosen.operation, user.username)
      ? setOpen({ user, kind: chosen })
      : step.mutate({ id: user.id, operation: chosen.operation });
  // Prevents users from locking themselves out by accident.
  const itemsFor = (user: User) =>
    user.id === userId
      ? [{ title: "Personal settings", onClick: () => void navigate({ to: "/personal" }) }]
      : [
          { title: "Edit", onClick: () => setOpen({ user, kind: "edit" }) },
          ...(user.role === "member"
            ? [{ title: "Permissions", onClick: () => setOpen({ user, kind: "permissions" }) }]
            : []),
          ...userSteps(user).map((userStep) => ({ title: userStep.title, onClick: () => run(user, userStep) })),
          { title: "Delete", isDanger: true, onClick: () => setOpen({ user, kind: "delete" }) },
        ];
  return (
    <>
      <PageHeader title="Team" actions={<Button onClick={() => setCreating(true)}>Add a colleague</Button>}>
        The users who can sign in here. Admins can do everything. Members can use the sections and products in their
        permissions.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the team" />}>
          {(users) => (
            <UsersTable label="Team" users={users} isBusy={step.isPending || remove.isPending} itemsFor={itemsFor} />
          )}
        </Loaded>
      </PageSection>
      {isCreating && <CreateTeamMemberDialog onClose={() => setCreating(false)} />}
      {open && (
        <ColleagueDialog
          {...open}
          isBusy={step.isPending || remove.isPending}
          onStep={({ operation }) => step.mutate({ id: open.user.id, operation })}
          onDelete={() => remove.mutate(open.user.id)}
          onClose={close}
        />
      )}
    </>
  );
}

/** The dialog that the menu of a team member opened. */
export interface OpenDialog {
  readonly user: User;
  readonly kind: "edit" | "permissions" | "delete" | UserStep;
}

export interface ColleagueDialogProps extends OpenDialog {
  readonly isBusy: boolean;
  readonly onStep: (step: UserStep) => void;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}

export function ColleagueDialog({ user, kind, isBusy, onStep, onDelete, onClose }: ColleagueDialogProps) {
  if (kind === "edit") return <EditColleagueDialog user={user} onClose={onClose} />;
  if (kind === "permissions") return <PermissionsDialog user={user} onClose={onClose} />;
  const operation = kind === "delete" ? kind : kind.operation;
  const { title, text } = colleagueQuestion(operation, user.username) ?? { title: "Are you sure?", text: "" };
  return (
    <ConfirmDialog
      title={title}
      confirm={kind === "delete" ? "Delete" : kind.title}
      isBusy={isBusy}
      onConfirm={() => (kind === "delete" ? onDelete() : onStep(kind))}
      onClose={onClose}
    >
      <Content component="p">{text}</Content>
    </ConfirmDialog>
  );
}

/** Returns the confirmation before a step that restricts a team member, or grants every right. */
export function colleagueQuestion(operation: UserStep["operation"] | "delete", username: string): Question | undefined {
  const name = nameInText(username);
  switch (operation) {
    case "suspend":
      return {
        title: `Suspend ${name}?`,
        text: `${name} is signed out immediately and cannot sign in until you unsuspend the user. Access tokens of ${name} stop working too.`,
      };
    case "admin":
      return {
        title: `Make ${name} an admin?`,
        text: "An admin can do everything, including suspending, changing and deleting you.",
      };
    case "member":
      return {
        title: `Make ${name} a member?`,
        text: `${name} will have only the rights in the permissions. You can undo this.`,
      };
    case "delete":
      return {
        title: `Delete ${name}?`,
        text: `${name} is signed out immediately, and access tokens of ${name} stop working. A deleted user cannot be restored.`,
      };
    case "activate":
    case "unsuspend":
      return undefined;
  }
}

const newColleagueFields = ["username", "email", "password"] as const;

export function CreateTeamMemberDialog({ onClose }: { onClose: () => void }) {
  const api = useManagement();
  const { field, dialog } = useDialogForm({
    saved: {},
    fields: newColleagueFields,
    path: undefined,
    change: (typed) => api.create("users", typed),
    stale: [["team"]],
    done: "The colleague was added. Activate the user and choose the permissions",
    failed: "The colleague could not be added",
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog
      title="Add a colleague"
      description="The colleague becomes a member who needs activation. You can choose permissions and role afterwards."
      submit="Add"
      {...dialog}
    >
      <TextField {...field("username")} label="Username" isRequired />
      <TextField {...field("email")} label="Email" isRequired input={{ type: "email" }} />
      <NewPasswordField
        {...field("password")}
        label="Password"
        isRequired
        note="Tell your colleague the password in person"
      />
    </FormDialog>
  );
}

const colleagueFields = ["username", "email", "password"] as const;

export function EditColleagueDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const api = useManagement();
  const path = `users/${user.id}`;
  const { field, dialog } = useDialogForm({
    saved: user,
    fields: colleagueFields,
    path,
    change: (typed) => api.update(path, typed),
    stale: [["team"]],
    done: "The colleague was updated",
    failed: "The colleague could not be updated",
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog title={`Edit ${nameInText(user.username)}`} submit="Save" {...dialog}>
      <TextField {...field("username")} label="Username" isRequired />
      <TextField {...field("email")} label="Email" input={{ type: "email" }} />
      <NewPasswordField
        {...field("password")}
        label="New password"
        note="If empty, the password stays the same. A new one signs the colleague out everywhere"
      />
    </FormDialog>
  );
}
