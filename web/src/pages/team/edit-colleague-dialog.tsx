import { useManagement } from "../../api/management/management-context.ts";
import type { User } from "../../api/management/user-queries.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { NewPasswordField } from "../../components/form/new-password-field.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { useDialogForm } from "../../components/form/use-dialog-form.ts";

const fields = ["username", "email", "password"] as const;

export function EditColleagueDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const api = useManagement();
  const { field, dialog } = useDialogForm({
    saved: user,
    fields,
    change: (typed) => api.change(`users/${user.id}`, typed),
    stale: [["team"]],
    done: "The colleague was changed",
    failed: "The colleague could not be changed",
    onDone: onClose,
    onClose,
  });
  return (
    <FormDialog title={`Edit ${user.username}`} submit="Save" {...dialog}>
      <TextField {...field("username")} label="Username" isRequired />
      <TextField {...field("email")} label="Email" input={{ type: "email" }} />
      <NewPasswordField
        {...field("password")}
        label="New password"
        note="Left empty: it stays as it is. Another one signs the colleague out everywhere"
      />
    </FormDialog>
  );
}
