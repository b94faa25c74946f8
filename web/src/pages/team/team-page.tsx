import { Button, Content, PageSection } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import { teamQuery } from "../../api/management/team-queries.ts";
import type { User } from "../../api/management/user-queries.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { userSteps } from "../../components/users/user-steps.ts";
import { UsersTable } from "../../components/users/users-table.tsx";
import { useUserActions } from "../../components/users/use-user-actions.ts";
import { CreateTeamMemberDialog } from "./create-team-member-dialog.tsx";
import { PermissionsDialog } from "./permissions-dialog.tsx";

export function TeamPage() {
  const query = useQuery(teamQuery(useManagement()));
  const [isCreating, setCreating] = useState(false);
  const [toAllow, setToAllow] = useState<User>();
  const [toDelete, setToDelete] = useState<User>();
  const { step, remove } = useUserActions({ path: "users", stale: [["team"]] }, () => setToDelete(undefined));
  const itemsFor = (user: User) => [
    ...(user.role === "member" ? [{ title: "Permissions", onClick: () => setToAllow(user) }] : []),
    ...userSteps(user).map(({ operation, title }) => ({
      title,
      onClick: () => step.mutate({ id: user.id, operation }),
    })),
    { title: "Delete", isDanger: true, onClick: () => setToDelete(user) },
  ];
  return (
    <>
      <PageHeader title="Team" actions={<Button onClick={() => setCreating(true)}>Add a colleague</Button>}>
        Who can sign in here. Admins may do everything; members what their sections open, for the products that they
        look after.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the team" />}>
          {(users) => <UsersTable users={users} itemsFor={itemsFor} />}
        </Loaded>
      </PageSection>
      {isCreating && <CreateTeamMemberDialog onClose={() => setCreating(false)} />}
      {toAllow && <PermissionsDialog user={toAllow} onClose={() => setToAllow(undefined)} />}
      {toDelete && (
        <ConfirmDialog
          title={`Delete ${toDelete.username}?`}
          confirm="Delete"
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          <Content component="p">Access tokens of {toDelete.username} stop working, too.</Content>
        </ConfirmDialog>
      )}
    </>
  );
}
