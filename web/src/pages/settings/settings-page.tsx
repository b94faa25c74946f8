import { Content, Form, FormSection, PageSection, ExpandableSection } from "@patternfly/react-core";
import { useQuery, queryOptions } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { formatCount } from "../../components/counts.ts";
import { type ApiClient, type BellwireSchemas, responseBody, useApi } from "../../api/bellwire-client.ts";
import { settingsLimits } from "../../api/facts.ts";
import { type Values, useManagement } from "../../api/management-client.ts";
import { maySwitchWebhooks, useRenewSession, useSession } from "../../api/session.tsx";
import { type Settings, readSettings, settingsQuery } from "../../api/settings.ts";
import { SaveBar, SelectField, SwitchField, TextField } from "../../components/form/fields.tsx";
import { fieldText, useChange, useEdits } from "../../components/form/use-change.ts";
import { capitalize, inWords } from "../../components/words.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { planPermissions } from "../../components/plans/plan-change.tsx";

export function SettingsPage() {
  const query = useQuery(settingsQuery(useManagement()));
  return (
    <>
      <PageHeader title="General settings">Access to the Developer Portal, and settings for all pages.</PageHeader>
      <PageSection>
        <Loaded query={query} skeleton={<TableSkeleton of="the general settings" />}>
          {(saved) => <SettingsForm saved={saved} />}
        </Loaded>
      </PageSection>
      <PageSection>
        <LimitsSection />
      </PageSection>
    </>
  );
}

function SettingsForm({ saved }: { saved: Settings }) {
  const form = useSettingsForm(saved);
  const { isChanged, isSaving, submit, discard } = form;
  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="60rem">
      <FormSection title="Sign-up" titleElement="h2">
        <SignUpFields form={form} />
      </FormSection>
      <FormSection title="Accounts" titleElement="h2">
        <AccountFields form={form} />
      </FormSection>
      <FormSection title="Team" titleElement="h2">
        <TeamFields form={form} />
      </FormSection>
      <FormSection title="All pages" titleElement="h2">
        <EverywhereFields form={form} />
      </FormSection>
      <FormSection title="Stored for other programs" titleElement="h2">
        <Content component="p">
          Programs written for 3scale may read and set these. Bellwire stores them, but its own pages do not use them.
        </Content>
        <KeptFields form={form} />
      </FormSection>
      <SaveBar save="Save general settings" isSaving={isSaving} hasEdits={isChanged} onDiscard={discard} />
    </Form>
  );
}

/** Holds the edited settings. Saving sends only the edits. */
function useSettingsForm(saved: Settings) {
  const api = useManagement();
  const renewSession = useRenewSession();
  const { values, typed, change, forget, refuseConflicts, forgetSaved } = useEdits(saved);
  const { mutate, isPending, errors, reset, take } = useChange({
    change: async (sent: Values) => {
      refuseConflicts(await readSettings(api), sent);
      return api.update("settings", sent);
    },
    stale: [["settings"], ["plans"]],
    done: "The general settings were saved",
    failed: "The general settings could not be saved",
    // Checkboxes show no errors.
    fields: Object.keys(values).filter((name) => name === "email_activation" || typeof values[name] !== "boolean"),
    // The session contains permissions, the time zone and the password rule, which may have changed.
    onDone: async (_, sent) => {
      forgetSaved(sent);
      await renewSession();
    },
  });
  return {
    values,
    change,
    errors,
    /** Properties of a text or select field. */
    field: (id: string) => ({
      id,
      value: fieldText(values[id]),
      errors: errors[id],
      onChange: (value: string) => change({ [id]: value }),
    }),
    /** Properties of a checkbox. */
    toggle: (id: string) => ({ id, isOn: values[id] === true, onChange: (isOn: boolean) => change({ [id]: isOn }) }),
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

/** The properties of a section of the form. */
type SettingsFormState = ReturnType<typeof useSettingsForm>;

const activations = [
  { value: "", label: "If a mail server is configured" },
  { value: "true", label: "Always" },
  { value: "false", label: "Never" },
] as const;

const passwordLength = settingsLimits.password_length_min;

type Activation = (typeof activations)[number]["value"];

const activationValues: Readonly<Record<Activation, boolean | null>> = { "": null, true: true, false: false };

const activationOf = (value: unknown): Activation =>
  activations.find((activation) => activationValues[activation.value] === value)?.value ?? "";

function SignUpFields({ form: { field, toggle, values, errors, change } }: { form: SettingsFormState }) {
  return (
    <>
      <SwitchField
        {...toggle("signups_enabled")}
        label="Developers can sign up"
        hint="If off, the form is closed, and only you create accounts, here or through the API"
      />
      <SwitchField
        {...toggle("account_approval_required")}
        label="New accounts need your approval"
        hint="Applies to the default account plan. If off, new accounts are approved immediately"
      />
      <SelectField
        id="email_activation"
        label="New developers confirm their email address"
        hint="The account stays inactive until then. Without a mail server, the email is on the page Emails"
        errors={errors["email_activation"]}
        value={activationOf(values["email_activation"])}
        options={activations}
        onChange={(chosen) => change({ email_activation: activationValues[chosen] })}
      />
      <TextField
        {...field("password_length_min")}
        label="Minimum length of passwords"
        hint={`For developers and your team, from ${passwordLength.min} to ${passwordLength.max}. Existing passwords stay valid`}
        input={{ type: "number", ...passwordLength }}
      />
    </>
  );
}

function AccountFields({ form: { field, toggle } }: { form: SettingsFormState }) {
  return (
    <>
      <SwitchField
        {...toggle("useraccountarea_enabled")}
        label="Developers edit their account"
        hint="If off, they can read it, but only you can change it"
      />
      <SelectField
        {...field("change_account_plan_permission")}
        label="Changing the account plan"
        hint="The rights of developers"
        options={planPermissions}
      />
      <SwitchField
        {...toggle("service_plans_ui_visible")}
        label="Show subscriptions and their service plans"
        hint="In the Developer Portal"
      />
      <SelectField
        {...field("change_service_plan_permission")}
        label="Changing the service plan of a subscription"
        hint="The rights of developers, if they see their subscriptions"
        options={planPermissions}
      />
    </>
  );
}

const TeamFields = ({ form: { toggle } }: { form: SettingsFormState }) => (
  <SwitchField
    {...toggle("enforce_sso")}
    label="Require single sign-on"
    hint="Passwords no longer sign anybody in here. First, one of you must have signed in with an identity provider"
  />
);

const webHooks = [
  { value: "visible", label: "Allowed" },
  { value: "hidden", label: "Allowed, but reported as hidden to programs" },
  { value: "denied", label: "Denied" },
] as const;

/** The zones that this browser knows, and the saved one, which it may not know. */
function timeZonesWith(saved: string): { value: string; label: string }[] {
  const names = new Set(["UTC", saved, ...Intl.supportedValuesOf("timeZone")]);
  return [...names].filter(Boolean).map((name) => ({ value: name, label: name.replaceAll("_", " ") }));
}

function EverywhereFields({ form: { field, values } }: { form: SettingsFormState }) {
  const maySwitch = maySwitchWebhooks(useSession());
  return (
    <>
      <SelectField
        {...field("time_zone")}
        label="Time zone"
        hint="Used on these pages, in API responses and in webhooks"
        options={timeZonesWith(fieldText(values["time_zone"]))}
      />
      {maySwitch && (
        <SelectField
          {...field("web_hooks")}
          label="Webhooks"
          hint="Denied: the pages about webhooks are closed, and events are recorded but not sent"
          options={webHooks}
        />
      )}
    </>
  );
}

function KeptFields({ form: { toggle } }: { form: SettingsFormState }) {
  return (
    <>
      <SwitchField {...toggle("account_plans_ui_visible")} label="Show account plans" />
      <SwitchField {...toggle("hide_service")} label="Hide products" />
      <SwitchField {...toggle("public_search")} label="Open the search to everyone" />
    </>
  );
}

const limitsQuery = (api: ApiClient) =>
  queryOptions({ queryKey: ["limits"], queryFn: () => responseBody(api.GET("/api/v1/limits")) });

/** Shows the limits and their use. Fetches them when it is expanded. */
export function LimitsSection() {
  const [isOpen, setOpen] = useState(false);
  return (
    <ExpandableSection toggleText="Limits" isExpanded={isOpen} onToggle={(_event, open) => setOpen(open)}>
      <Content component="p">Your operator can raise these limits.</Content>
      {isOpen && <Limits />}
    </ExpandableSection>
  );
}

const columns: readonly ListColumn<BellwireSchemas["Limit"]>[] = [
  { title: "Limit", show: ({ name }) => capitalize(inWords(name)), place: "title" },
  {
    title: "Used",
    show: ({ used }) => (used === null ? "–" : formatCount(used)),
    place: "start",
    isLabelled: true,
  },
  { title: "Allowed", show: ({ max }) => formatCount(max), place: "end", isLabelled: true },
];

function Limits() {
  const query = useQuery(limitsQuery(useApi()));
  return (
    <Loaded query={query} skeleton={<TableSkeleton of="the limits" />}>
      {({ data }) => <ListTable label="Limits" rows={data} columns={columns} keyOf={({ name }) => name} />}
    </Loaded>
  );
}
