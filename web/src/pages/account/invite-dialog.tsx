import { useState } from "react";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { invitationsQuery } from "../../api/invitation-queries.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { useChange } from "../../components/use-change.ts";

export function InviteDialog({ accountId, onClose }: { accountId: number; onClose: () => void }) {
  const api = useApi();
  const [email, setEmail] = useState("");
  const { mutate, isPending, errors } = useChange({
    change: () =>
      answerOf(api.POST("/api/v1/accounts/{id}/invitations", { params: { path: { id: accountId } }, body: { email } })),
    stale: [invitationsQuery(api, accountId).queryKey, ["mails"]],
    done: "The invitation is on its way",
    failed: "Nobody could be invited",
    fields: ["email"],
    onDone: onClose,
  });
  return (
    <FormDialog
      title="Invite somebody"
      description="They get a mail with a link, choose a name and a password, and are members of the account."
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
