import { Alert, Checkbox, Content, Form, FormGroup, PageSection } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { mailedNotifications } from "../../api/facts.ts";
import { type Values, useManagement } from "../../api/management-client.ts";
import { type Session, mayReadPlans, useSession } from "../../api/session.tsx";
import { colleagueQuery, type NotificationPreferences, notificationPreferencesQuery } from "../../api/team.ts";
import { SaveBar } from "../../components/form/fields.tsx";
import { useChange, useEdits } from "../../components/form/use-change.ts";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageBreadcrumb, PageHeader } from "../../components/page-header.tsx";

type NotificationName = keyof typeof mailedNotifications;

interface Choice {
  readonly group: "Accounts" | "Applications" | "Products" | "Billing";
  readonly label: string;
  readonly hint: string;
}

/** In the order of the page. A notification that is left out does not compile. */
const choices: Readonly<Record<NotificationName, Choice>> = {
  account_created: { group: "Accounts", label: "New account", hint: "When a developer account is created" },
  account_plan_change_requested: {
    group: "Accounts",
    label: "Account plan requested",
    hint: "When a developer waits for your decision about another account plan",
  },
  message_received: { group: "Accounts", label: "Message received", hint: "When a developer sends you a message" },
  account_deleted: { group: "Accounts", label: "Account deleted", hint: "When a developer account is deleted" },
  application_created: { group: "Applications", label: "New application", hint: "When an application is created" },
  application_plan_change_requested: {
    group: "Applications",
    label: "Application plan requested",
    hint: "When a developer waits for your decision about another plan of an application",
  },
  cinstance_plan_changed: {
    group: "Applications",
    label: "Application plan changed",
    hint: "When an application is moved to another plan",
  },
  cinstance_cancellation: {
    group: "Applications",
    label: "Application deleted",
    hint: "When an application is deleted or rejected, but not with its account or product",
  },
  service_contract_created: {
    group: "Products",
    label: "New subscription",
    hint: "When an account is subscribed to a product",
  },
  service_plan_change_requested: {
    group: "Products",
    label: "Service plan requested",
    hint: "When a developer waits for your decision about another plan of a subscription",
  },
  service_contract_plan_changed: {
    group: "Products",
    label: "Subscription changed",
    hint: "When a subscription is moved to another service plan",
  },
  service_contract_cancellation: {
    group: "Products",
    label: "Subscription ended",
    hint: "When an account is unsubscribed from a product",
  },
  service_deleted: { group: "Products", label: "Product deleted", hint: "When a product is deleted" },
  plan_downgraded: {
    group: "Billing",
    label: "Cheaper plan",
    hint: "When an account, a subscription or an application is moved to a plan with a lower monthly cost",
  },
};

type Section = (typeof mailedNotifications)[NotificationName][number];

/** Returns whether the user's permissions include a section, each of which allows a scope of access tokens or a page. */
const hasSection = (session: Session, section: Section): boolean =>
  section === "plans"
    ? mayReadPlans(session)
    : session.tokenScopes.has(section === "partners" ? "account_management" : "finance");

const isName = (name: string): name is NotificationName => Object.hasOwn(choices, name);

/** Open to every signed-in user. */
export function NotificationsPage() {
  const query = useQuery(notificationPreferencesQuery(useManagement()));
  return (
    <>
      <PageHeader
        title="Notification preferences"
        breadcrumb={<PageBreadcrumb to="/personal" list="Personal settings" current="Notification preferences" />}
      >
        Choose the changes that you get an email about, also if you make them yourself.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="your preferences" />}>
          {(saved) => <PreferencesForm saved={saved} />}
        </Loaded>
      </PageSection>
    </>
  );
}

function PreferencesForm({ saved }: { saved: NotificationPreferences }) {
  const session = useSession();
  const { values, change, isChanged, isSaving, submit, discard } = usePreferences(saved);
  const offered = Object.keys(choices)
    .filter(isName)
    .filter((name) => mailedNotifications[name].every((section) => hasSection(session, section)));
  if (offered.length === 0) return <Content component="p">There are no notifications for your sections.</Content>;
  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="60rem">
      <MissingAddress />
      {[...Map.groupBy(offered, (name) => choices[name].group)].map(([group, names]) => (
        <FormGroup key={group} role="group" fieldId={`notifications-${group}`} label={group} isStack>
          {names.map((name) => (
            <Checkbox
              key={name}
              id={name}
              name={name}
              label={choices[name].label}
              description={choices[name].hint}
              isChecked={values[name] === true}
              onChange={(_, isOn) => change({ [name]: isOn })}
            />
          ))}
        </FormGroup>
      ))}
      <SaveBar save="Save preferences" isSaving={isSaving} hasEdits={isChanged} onDiscard={discard} />
    </Form>
  );
}

/** Tells users without an email address that they get nothing. */
function MissingAddress() {
  const { data: user } = useQuery(colleagueQuery(useManagement(), useSession().userId));
  if (!user || user.email) return null;
  return (
    <Alert variant="warning" isInline component="h2" title="You get no emails: you have no email address">
      <Link to="/personal">Add your email address</Link>
    </Alert>
  );
}

/** Holds the edited preferences. Saving sends only the edits. */
function usePreferences(saved: NotificationPreferences) {
  const api = useManagement();
  const { values, typed, change, forget, forgetSaved } = useEdits(saved);
  const { mutate, isPending, reset, take } = useChange({
    change: (sent: Values) => api.patch("personal/notification_preferences", sent),
    stale: [["notification preferences"]],
    done: "Your notification preferences were saved",
    failed: "Your notification preferences could not be saved",
    onDone: (_, sent) => forgetSaved(sent),
  });
  return {
    values,
    change,
    isChanged: typed !== undefined,
    isSaving: isPending,
    submit: (event: FormEvent): void => {
      take(event);
      if (typed) mutate(typed);
    },
    discard: (): void => {
      forget();
      reset();
    },
  };
}
