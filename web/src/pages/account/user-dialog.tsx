import { useManagement } from "../../api/management/management-context.ts";
import type { User } from "../../api/management/user-queries.ts";
import { DefinedFields, useDefinitions } from "../../components/form/defined-fields.tsx";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { NewPasswordField } from "../../components/form/new-password-field.tsx";
import { textOf } from "../../components/form/text-of.ts";
import { useChange } from "../../components/use-change.ts";
import { useTyped } from "../../components/use-typed.ts";

export interface UserDialogProps {
  readonly accountId: number;
  /** None: a new one is made. */
  readonly user?: User;
  readonly onClose: () => void;
}

export function UserDialog({ accountId, user, onClose }: UserDialogProps) {
  const api = useManagement();
  const path = `accounts/${accountId}/users`;
  const saved = user ?? {};
  const { values, typed, change } = useTyped(saved);
  const { mutate, isPending, errors } = useChange({
    change: () => (user ? api.change(`${path}/${user.id}`, typed) : api.create(path, typed)),
    stale: [["accounts"]],
    done: user ? "The user was changed" : "The user was added, and waits to be activated",
    failed: user ? "The user could not be changed" : "The user could not be added",
    fields: ["password", ...useDefinitions("User").map(({ name }) => name)],
    onDone: onClose,
  });
  return (
    <FormDialog
      title={user ? `Edit ${user.username}` : "Add a user"}
      submit={user ? "Save" : "Add"}
      isBusy={isPending}
      isDisabled={!typed}
      isLenient={user !== undefined}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <DefinedFields target="User" values={values} saved={saved} errors={errors} onChange={change} />
      <NewPasswordField
        id="password"
        label={user ? "New password" : "Password"}
        {...(user && { note: "Left empty: it stays as it is" })}
        errors={errors["password"]}
        value={textOf(values["password"])}
        onChange={(password) => change({ password })}
      />
    </FormDialog>
  );
}
