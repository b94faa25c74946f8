import { ActionGroup, Button, Form } from "@patternfly/react-core";

import { NewPasswordField } from "../../components/form/new-password-field.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { useOwnChange } from "./use-own-change.ts";

const fields = ["current_password", "password", "password_confirmation"] as const;
const nothing = {};

export function OwnPasswordForm({ userId }: { userId: number }) {
  const { field, submit, isBusy, isUntouched } = useOwnChange({
    userId,
    saved: nothing,
    fields,
    done: "Your password was changed, and all your other browsers are signed out",
    failed: "Your password could not be changed",
  });
  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="40rem">
      <TextField
        {...field("current_password")}
        label="Current password"
        isRequired
        input={{ type: "password", autoComplete: "current-password" }}
      />
      <NewPasswordField {...field("password")} label="New password" isRequired />
      <TextField
        {...field("password_confirmation")}
        label="New password once more"
        isRequired
        input={{ type: "password", autoComplete: "new-password" }}
      />
      <ActionGroup>
        <Button type="submit" isLoading={isBusy} isDisabled={isBusy || isUntouched}>
          Change the password
        </Button>
      </ActionGroup>
    </Form>
  );
}
