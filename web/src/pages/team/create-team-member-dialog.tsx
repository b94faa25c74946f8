import { useState } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { useChange } from "../../components/use-change.ts";

const nothing = { username: "", email: "", password: "" };

export function CreateTeamMemberDialog({ onClose }: { onClose: () => void }) {
  const api = useManagement();
  const [typed, setTyped] = useState(nothing);
  const { mutate, isPending, errors } = useChange({
    change: () => api.create("users", typed),
    stale: [["team"]],
    done: "The colleague was added. Activate, and choose the sections",
    failed: "The colleague could not be added",
    fields: Object.keys(nothing),
    onDone: onClose,
  });
  const field = (id: keyof typeof nothing) => ({
    id,
    value: typed[id],
    errors: errors[id],
    onChange: (value: string) => setTyped({ ...typed, [id]: value }),
  });
  return (
    <FormDialog
      title="Add a colleague"
      description="A member, who waits to be activated. Sections and role can be chosen then."
      submit="Add"
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <TextField {...field("username")} label="User name" isRequired />
      <TextField {...field("email")} label="E-mail" isRequired input={{ type: "email" }} />
      <TextField
        {...field("password")}
        label="Password"
        isRequired
        hint="Tell it in person. 12 characters or more"
        input={{ type: "password", autoComplete: "new-password" }}
      />
    </FormDialog>
  );
}
