import { useNavigate } from "@tanstack/react-router";

import type { Account } from "../../api/management/account-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { NewPasswordField } from "../../components/form/new-password-field.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { useDialogForm } from "../../components/form/use-dialog-form.ts";

const fields = ["org_name", "username", "email", "password"] as const;

/** Makes an account as a sign-up does: with its first user, and an application on the default plan. */
export function CreateAccountDialog({ onClose }: { onClose: () => void }) {
  const api = useManagement();
  const navigate = useNavigate();
  const { field, dialog } = useDialogForm({
    saved: {},
    fields,
    change: (typed) =>
      api.create<{ account: Account }>("signup", { ...typed, password_confirmation: typed["password"] }),
    stale: [["accounts"], ["applications"]],
    done: "The account was created",
    failed: "The account could not be created",
    onDone: ({ account }) => navigate({ to: "/accounts/$id", params: { id: String(account.id) } }),
    onClose,
  });
  return (
    <FormDialog
      title="Create an account"
      description="With its first user, who is its admin, and an application on the default plan."
      submit="Create"
      {...dialog}
    >
      <TextField {...field("org_name")} label="Organization" isRequired />
      <TextField {...field("username")} label="Username" isRequired />
      <TextField {...field("email")} label="Email" input={{ type: "email" }} isRequired />
      <NewPasswordField {...field("password")} label="Password" note="Without one, the user waits to be activated" />
    </FormDialog>
  );
}
