import { ActionGroup, Button, Form } from "@patternfly/react-core";

import type { User } from "../../api/management/user-queries.ts";
import { TextField } from "../../components/form/text-field.tsx";
import { useOwnChange } from "./use-own-change.ts";

const fields = ["username", "email"] as const;

export function OwnNamesForm({ user }: { user: User }) {
  const { field, submit, isBusy, isUntouched } = useOwnChange({
    userId: user.id,
    saved: user,
    fields,
    done: "Your names were changed",
    failed: "Your names could not be changed",
  });
  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="40rem">
      <TextField {...field("username")} label="Username" isRequired input={{ autoComplete: "username" }} />
      <TextField
        {...field("email")}
        label="Email"
        hint="You may sign in with it, too. Admins get mails there, such as those about webhooks that fail"
        input={{ type: "email", autoComplete: "email" }}
      />
      <ActionGroup>
        <Button type="submit" isLoading={isBusy} isDisabled={isBusy || isUntouched}>
          Save your names
        </Button>
      </ActionGroup>
    </Form>
  );
}
