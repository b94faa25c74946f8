import { ActionGroup, Button, Form, PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import type { User } from "../../api/accounts.ts";
import { type Values, useManagement } from "../../api/management-client.ts";
import { useRenewSession, useSession } from "../../api/session.tsx";
import { colleagueQuery } from "../../api/team.ts";
import { CurrentPasswordField, NewPasswordField, TextField } from "../../components/form/fields.tsx";
import { LeaveQuestion } from "../../components/form/form-dialog.tsx";
import { fieldText, useChange, useEdits } from "../../components/form/use-change.ts";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { LinkButton, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { SessionsCard } from "./session-list.tsx";

/** Open to every signed-in user. */
export function PersonalPage() {
  const query = useQuery(colleagueQuery(useManagement(), useSession().userId));
  return (
    <>
      <PageHeader
        title="Personal settings"
        actions={
          <LinkButton to="/personal/notifications" variant="secondary">
            Notification preferences
          </LinkButton>
        }
      >
        Your username, email address, password and sessions.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="your settings" />}>
          {(user) => (
            <Stack hasGutter>
              <SectionCard title="Profile">
                <OwnNamesForm user={user} />
              </SectionCard>
              <SectionCard title="Password">
                <OwnPasswordForm userId={user.id} />
              </SectionCard>
              <SessionsCard />
            </Stack>
          )}
        </Loaded>
      </PageSection>
    </>
  );
}

const nameFields = ["username", "email", "current_password"] as const;

export function OwnNamesForm({ user }: { user: User }) {
  const { field, submit, isBusy, isUntouched, leaveQuestion } = useOwnChange({
    userId: user.id,
    saved: user,
    fields: nameFields,
    done: "Your profile was updated",
    failed: "Your profile could not be updated",
  });
  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="40rem">
      <TextField {...field("username")} label="Username" isRequired input={{ autoComplete: "username" }} />
      <TextField
        {...field("email")}
        label="Email"
        hint="You can also sign in with it, and get your notifications there"
        input={{ type: "email", autoComplete: "email" }}
      />
      <CurrentPasswordField
        {...field("current_password")}
        id="profile_password"
        hint="Required for each change, so that only you can make it"
      />
      <ActionGroup>
        <Button type="submit" isLoading={isBusy} isAriaDisabled={isBusy || isUntouched}>
          Save profile
        </Button>
        {leaveQuestion}
      </ActionGroup>
    </Form>
  );
}

const passwordFields = ["current_password", "password", "password_confirmation"] as const;
const nothing = {};

export function OwnPasswordForm({ userId }: { userId: number }) {
  const { field, submit, isBusy, isUntouched, leaveQuestion } = useOwnChange({
    userId,
    saved: nothing,
    fields: passwordFields,
    done: "Your password was changed, and your other browsers were signed out",
    failed: "Your password could not be changed",
  });
  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="40rem">
      <CurrentPasswordField {...field("current_password")} />
      <NewPasswordField {...field("password")} label="New password" isRequired />
      <TextField
        {...field("password_confirmation")}
        label="Confirm new password"
        isRequired
        input={{ type: "password", autoComplete: "new-password" }}
      />
      <ActionGroup>
        <Button type="submit" isLoading={isBusy} isAriaDisabled={isBusy || isUntouched}>
          Change password
        </Button>
        {leaveQuestion}
      </ActionGroup>
    </Form>
  );
}

interface OwnChange<Name extends string> {
  readonly userId: number;
  readonly saved: Values;
  readonly fields: readonly Name[];
  readonly done: string;
  readonly failed: string;
}

/** Updates the signed-in user. */
export function useOwnChange<Name extends string>({ userId, saved, fields, done, failed }: OwnChange<Name>) {
  const api = useManagement();
  const renewSession = useRenewSession();
  const { values, typed, change, forgetSaved } = useEdits(saved);
  const { mutate, isPending, errors, take } = useChange({
    change: (sent: Values | undefined) => api.update(`users/${userId}`, sent),
    stale: [["team"]],
    done,
    failed,
    fields,
    onDone: async (_, sent) => {
      forgetSaved(sent);
      await renewSession();
    },
  });
  // A browser fills in the current password by itself.
  const isUntouched = Object.keys(typed ?? {}).every((name) => name === "current_password");
  return {
    field: (id: Name) => ({
      id,
      value: fieldText(values[id]),
      errors: errors[id],
      onChange: (value: string) => change({ [id]: value }),
    }),
    submit: (event: FormEvent): void => {
      take(event);
      mutate(typed);
    },
    isBusy: isPending,
    isUntouched,
    leaveQuestion: !isUntouched && !isPending && <LeaveQuestion />,
  };
}
