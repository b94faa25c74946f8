import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { Account } from "../../api/management/account-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { useChange } from "../../components/use-change.ts";

const nothing = { org_name: "", username: "", email: "", password: "" };

/** Makes an account as a sign-up does: with its first user, and an application on the default plan. */
export function CreateAccountDialog({ onClose }: { onClose: () => void }) {
  const api = useManagement();
  const navigate = useNavigate();
  const [typed, setTyped] = useState(nothing);
  const { mutate, isPending, errors } = useChange({
    change: () => api.create<{ account: Account }>("signup", { ...typed, password_confirmation: typed.password }),
    stale: [["accounts"], ["applications"]],
    done: "The account was created",
    failed: "The account could not be created",
    fields: Object.keys(nothing),
    onDone: ({ account }) => navigate({ to: "/accounts/$id", params: { id: String(account.id) } }),
  });
  const field = (id: keyof typeof nothing) => ({
    id,
    value: typed[id],
    errors: errors[id],
    onChange: (value: string) => setTyped({ ...typed, [id]: value }),
  });
  return (
    <FormDialog
      title="Create an account"
      description="With its first user, who is its admin, and an application on the default plan."
      submit="Create"
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <TextField {...field("org_name")} label="Organization" isRequired />
      <TextField {...field("username")} label="User name" isRequired />
      <TextField {...field("email")} label="E-mail" input={{ type: "email" }} isRequired />
      <TextField
        {...field("password")}
        label="Password"
        hint="12 characters or more. Without one, the user waits to be activated"
        input={{ type: "password", autoComplete: "new-password" }}
      />
    </FormDialog>
  );
}
