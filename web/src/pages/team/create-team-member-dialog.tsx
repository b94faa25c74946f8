import { useManagement } from "../../api/management/management-context.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { NewPasswordField } from "../../components/form/new-password-field.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { useDialogForm } from "../../components/form/use-dialog-form.ts";

const fields = ["username", "email", "password"] as const;

export function CreateTeamMemberDialog({ onClose }: { onClose: () => void }) {
  const api = useManagement();
  const { field, dialog } = useDialogForm({
    saved: {},
    fields,
    change: (typed) => api.create("users", typed),
    stale: [["team"]],
    done: "The colleague was added. Activate, and choose the sections",
    failed: "The colleague could not be added",
    onDone: onClose,
    onClose,
  });
  return (
    <FormDialog
      title="Add a colleague"
      description="A member, who waits to be activated. Sections and role can be chosen then."
      submit="Add"
      {...dialog}
    >
      <TextField {...field("username")} label="Username" isRequired />
      <TextField {...field("email")} label="Email" isRequired input={{ type: "email" }} />
      <NewPasswordField {...field("password")} label="Password" isRequired note="Tell it in person" />
    </FormDialog>
  );
}
