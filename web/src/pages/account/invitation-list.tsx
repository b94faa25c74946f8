import { Button, Label } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Invitation, invitationsQuery } from "../../api/accounts.ts";
import { responseBody, expectSuccess, expectDeleted, useApi } from "../../api/bellwire-client.ts";
import { mailMessage, mayAdminister, useSession } from "../../api/session.tsx";
import { TextField } from "../../components/form/fields.tsx";
import { DeleteDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { InPortions } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { When, useNow } from "../../components/time.tsx";

/** The invitations to the account. Admins send, resend and delete them. */
export function InvitationList({ accountId }: { accountId: number }) {
  const api = useApi();
  const query = useQuery(invitationsQuery(api, accountId));
  const session = useSession();
  const mayInvite = mayAdminister(session);
  const [isInviting, setInviting] = useState(false);
  const [toDelete, setToDelete] = useState<Invitation>();
  const pathOf = (id: number) => ({ params: { path: { id: accountId, invitation_id: id } } });
  const stale = [invitationsQuery(api, accountId).queryKey, ["mails"]];
  const resend = useChange({
    change: (id: number) =>
      expectSuccess(api.POST("/api/v1/accounts/{id}/invitations/{invitation_id}/resend", pathOf(id))),
    stale,
    done: mailMessage(session, "invitation", "The invitation was sent again"),
    failed: "The invitation could not be sent",
  });
  const remove = useChange({
    change: (id: number) => expectDeleted(api.DELETE("/api/v1/accounts/{id}/invitations/{invitation_id}", pathOf(id))),
    stale,
    done: "The invitation was deleted",
    failed: "The invitation could not be deleted",
    onDone: () => setToDelete(undefined),
  });
  const actionsOf = (invitation: Invitation) =>
    invitation.accepted_at === null
      ? [
          { title: "Send again", onClick: () => resend.mutate(invitation.id) },
          { title: "Delete", isDanger: true, onClick: () => setToDelete(invitation) },
        ]
      : [];
  return (
    <>
      <Loaded query={query} skeleton={<TableSkeleton of="invitations" />}>
        {(invitations) =>
          invitations.length > 0 && (
            <InPortions rows={invitations}>
              {(shown) => (
                <ListTable
                  label="Invitations"
                  rows={shown}
                  columns={columns}
                  keyOf={({ id }) => id}
                  nameOf={({ email }) => email}
                  actionsOf={mayInvite ? actionsOf : undefined}
                  isBusy={resend.isPending || remove.isPending}
                />
              )}
            </InPortions>
          )
        }
      </Loaded>
      {mayInvite ? (
        <Button variant="link" isInline onClick={() => setInviting(true)}>
          Invite a user
        </Button>
      ) : (
        query.data?.length === 0 && "No open invitations."
      )}
      {isInviting && <InviteDialog accountId={accountId} onClose={() => setInviting(false)} />}
      {toDelete && (
        <DeleteDialog
          title={`Delete the invitation for ${toDelete.email}?`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          The link in the email will no longer work.
        </DeleteDialog>
      )}
    </>
  );
}

const columns: readonly ListColumn<Invitation>[] = [
  { title: "Email", show: ({ email }) => email, place: "title", isName: true },
  { title: "State", show: (invitation) => <InvitationState invitation={invitation} />, place: "state" },
  { title: "Sent", show: ({ sent_at }) => <When at={sent_at} />, place: "start", isLabelled: true },
];

function InvitationState({ invitation: { accepted_at, expires_at } }: { invitation: Invitation }) {
  const now = useNow();
  if (accepted_at !== null) {
    return (
      <Label isCompact status="success">
        Accepted
      </Label>
    );
  }
  return new Date(expires_at) <= now ? (
    <Label isCompact status="warning">
      Expired
    </Label>
  ) : (
    <Label isCompact color="blue">
      Pending
    </Label>
  );
}

function InviteDialog({ accountId, onClose }: { accountId: number; onClose: () => void }) {
  const api = useApi();
  const session = useSession();
  const [email, setEmail] = useState("");
  const { mutate, isPending, errors } = useChange({
    change: () =>
      responseBody(
        api.POST("/api/v1/accounts/{id}/invitations", { params: { path: { id: accountId } }, body: { email } }),
      ),
    stale: [invitationsQuery(api, accountId).queryKey, ["mails"]],
    done: mailMessage(session, "invitation", "The invitation was sent"),
    failed: "The invitation could not be sent",
    fields: ["email"],
    leave: onClose,
  });
  return (
    <FormDialog
      title="Invite a user"
      description="The user gets an email with a link, chooses a name and a password, and becomes a member of the account."
      submit="Send invitation"
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <TextField
        id="email"
        label="Email"
        isRequired
        errors={errors["email"]}
        value={email}
        input={{ type: "email" }}
        onChange={setEmail}
      />
    </FormDialog>
  );
}
