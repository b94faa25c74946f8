import { Button, PageSection } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import { teamQuery } from "../../api/management/team-queries.ts";
import type { User } from "../../api/management/user-queries.ts";
import { useSession } from "../../api/session-context.ts";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { userSteps, type UserStep } from "../../components/users/user-steps.ts";
import { UsersTable } from "../../components/users/users-table.tsx";
import { useUserActions } from "../../components/users/use-user-actions.ts";
import { ColleagueDialog, type OpenDialog } from "./colleague-dialog.tsx";
import { questionBefore } from "./colleague-questions.ts";
import { CreateTeamMemberDialog } from "./create-team-member-dialog.tsx";

export function TeamPage() {
  const query = useQuery(teamQuery(useManagement()));
  const navigate = useNavigate();
  const { userId } = useSession();
  const [isCreating, setCreating] = useState(false);
  const [open, setOpen] = useState<OpenDialog>();
  const close = (): void => setOpen(undefined);
  const { step, remove } = useUserActions({ path: "users", stale: [["team"]] }, close);

  const take = (user: User, taken: UserStep): void =>
    questionBefore(taken.operation, user.username)
      ? setOpen({ user, asks: taken })
      : step.mutate({ id: user.id, operation: taken.operation });
  // Nobody locks himself out by a slip: the last admin could not, and whoever else must go asks a colleague.
  const itemsFor = (user: User) =>
    user.id === userId
      ? [{ title: "Personal settings", onClick: () => void navigate({ to: "/personal" }) }]
      : [
          { title: "Edit", onClick: () => setOpen({ user, asks: "edit" }) },
          ...(user.role === "member"
            ? [{ title: "Permissions", onClick: () => setOpen({ user, asks: "permissions" }) }]
            : []),
          ...userSteps(user).map((it) => ({ title: it.title, onClick: () => take(user, it) })),
          { title: "Delete", isDanger: true, onClick: () => setOpen({ user, asks: "delete" }) },
        ];
  return (
    <>
      <PageHeader title="Team" actions={<Button onClick={() => setCreating(true)}>Add a colleague</Button>}>
        Who can sign in here. Admins may do everything; members what their sections open, for the products that they
        look after.
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
