import { Alert, Checkbox, Form, FormSection, PageSection } from "@patternfly/react-core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Navigate, useLocation } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { deliveriesQuery } from "../../api/deliveries.ts";
import type { Values } from "../../api/management-client.ts";
import { type Endpoint, defaultEndpointQuery } from "../../api/endpoints.ts";
import { type EventType, eventTypesQuery, isOperational } from "../../api/events.ts";
import { EndpointStateNotice } from "../../components/endpoint/endpoint-state.tsx";
import { ActorChoices, EventSwitches, settingLabels } from "../../components/endpoint/event-switches.tsx";
import { SigningSecret } from "../../components/endpoint/signing-secret.tsx";
import { TestRequests } from "../../components/endpoint/test-requests.tsx";
import { UrlField } from "../../components/endpoint/url-field.tsx";
import { refuseConflicts, withSeen, withChosen } from "../../components/form/conflicts.ts";
import { SaveBar } from "../../components/form/fields.tsx";
import { Loaded, TableSkeleton, both } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { BinOffer } from "./bin-offer.tsx";
import {
  type RefuseConflicts,
  type Settings,
  type SettingsEdits,
  applyEdits,
  editedFields,
  fieldsOf,
  settingsOf,
  useSaveSettings,
} from "./settings.ts";

const create = "/webhooks/new";
const edit = "/webhooks/edit";

/** The page Account Settings > Integrate > Webhooks: `new` before the first save, then `edit`. */
export function WebhookSettingsPage() {
  // While another page loads, this is already its address.
  const path = useLocation({ select: ({ pathname }) => pathname });
  const api = useApi();
  const endpoint = useQuery(defaultEndpointQuery(api));
  const types = useQuery({ ...eventTypesQuery(api), select: withoutOperational });
  return (
    <>
      <PageHeader title="Webhook settings">
        When one of the events below happens, an HTTP request with the changed account, user or application is sent to
        your URL.
      </PageHeader>
      <PageSection>
        <Loaded query={both(endpoint, types)} skeleton={<TableSkeleton of="the webhook settings" />}>
          {([saved, all]) => {
            const [rightPath, otherPath] = saved ? [edit, create] : [create, edit];
            return (
              <>
                {path === otherPath && <Navigate to={rightPath} hash={true} replace ignoreBlocker />}
                {/* Stays during the redirect: a colleague's first save must not discard unsaved edits. */}
                <SettingsForm endpoint={saved} types={all} />
              </>
            );
          }}
        </Loaded>
      </PageSection>
    </>
  );
}

const withoutOperational = (types: readonly EventType[]): readonly EventType[] =>
  types.filter(({ type }) => !isOperational(type));

export interface SettingsFormProps {
  readonly endpoint: Endpoint | null;
  readonly types: readonly EventType[];
}

/** Holds the unsaved edits. Without them the form follows the saved settings. */
function useSettingsForm({ endpoint, types }: SettingsFormProps) {
  const saved = settingsOf(endpoint, types);
  const [typed, setTyped] = useState<SettingsEdits>();
  const [seen, setSeen] = useState<Values>({});
  const settings = applyEdits(saved, typed ?? {});
  const change = (changed: SettingsEdits): void => {
    setSeen(withSeen(typed && seen, fieldsOf(saved, types), editedFields(changed, types)));
    setTyped({ ...typed, ...changed });
  };
  const changeSwitches = (switches: Settings["switches"]): void =>
    change({ switches: withChosen(typed?.switches, settings.switches, switches) });
  /** Refuses edits of what somebody else has changed since, among them fields that are edited without the form. */
  const refuse: RefuseConflicts = (present, edited, repeat) => {
    const seenTyped = Object.entries(seen).filter(([name]) => name in editedFields(typed ?? {}, types));
    setSeen(present); // saving again replaces what somebody else has changed
    refuseConflicts({ seen: { ...fieldsOf(saved, types), ...Object.fromEntries(seenTyped) }, present, edited, repeat });
  };
  // Edits that were made while the others were saved stay.
  const forgetSaved = (edits: SettingsEdits): void => {
    setSeen((before) => ({ ...before, ...editedFields(edits, types) }));
    setTyped((present) => (present === edits ? undefined : present));
  };
  const { save, isSaving, urlErrors, forgetErrors } = useSaveSettings({
    endpoint,
    types,
    refuseConflicts: refuse,
    onSaved: forgetSaved,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save(typed ?? {});
  };
  const discard = (): void => {
    setTyped(undefined);
    forgetErrors();
  };
  return { saved, settings, typed, change, changeSwitches, submit, discard, refuse, isSaving, urlErrors };
}

export function SettingsForm({ endpoint, types }: SettingsFormProps) {
  const form = useSettingsForm({ endpoint, types });
  const { saved, settings, typed, change, changeSwitches, submit, discard, refuse, isSaving, urlErrors } = form;
  const [testStatus, setTestStatus] = useState<number>();
  // The saved URL without its mask, if it was requested.
  const [wholeUrl, setWholeUrl] = useState<string>();
  useLinkedControl();

  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="60rem">
      <FormSection title="Behavior" titleElement="h2">
        <Checkbox
          id="active"
          name="active"
          label={settingLabels.active}
          description="The main switch. If off, nothing is sent"
          isChecked={settings.active}
          onChange={(_, active) => change({ active })}
        />
        <ActorChoices settings={settings} onChange={change} />
      </FormSection>
      <FormSection title="Webhooks endpoint" titleElement="h2">
        {endpoint && <EndpointStateNotice endpoint={endpoint} />}
        <BinOffer
          endpointId={endpoint?.id}
          savedUrl={saved.url}
          settings={settings}
          edits={typed ?? {}}
          types={types}
          refuseConflicts={refuse}
          onSaved={discard}
        />
        <UrlField
          url={settings.url}
          errors={urlErrors}
          onChange={(url) => change({ url })}
          endpointId={endpoint?.id}
          onRead={(url) => {
            setWholeUrl(url);
            change({ url });
          }}
        />
        {endpoint?.url && <TestRequests endpoint={endpoint} types={types} onAnswered={setTestStatus} />}
        {endpoint?.url && settings.url !== saved.url && settings.url !== wholeUrl && (
          <Alert isInline isPlain component="h3" variant="info" title="Ping! and test events go to the saved URL" />
        )}
        {endpoint && (
          <SuccessChoice
            endpoint={endpoint}
            success={settings.success}
            testStatus={testStatus}
            onChange={(success) => change({ success })}
          />
        )}
        {endpoint && <SigningSecret endpoint={endpoint} />}
      </FormSection>
      <FormSection title="Events that trigger webhooks" titleElement="h2">
        {!settings.active && (
          <Alert
            isInline
            component="h3"
            isPlain
            variant="info"
            title="Nothing is sent while webhooks are not enabled"
          />
        )}
        <EventSwitches types={types} settings={settings} onChange={changeSwitches} />
      </FormSection>
      <SaveBar save="Save webhook settings" isSaving={isSaving} hasEdits={typed !== undefined} onDiscard={discard} />
    </Form>
  );
}

export interface SuccessChoiceProps {
  readonly endpoint: Endpoint;
  readonly success: Endpoint["success"];
  /** The status of the last test request. */
  readonly testStatus: number | undefined;
  readonly onChange: (success: Endpoint["success"]) => void;
}

/** Enough to notice a receiver that always responds with 202. */
const looksBack = 20;

/** Shown once a receiver responds with 201 to 207, and while it is chosen. */
export function SuccessChoice({ endpoint, success, testStatus, onChange }: SuccessChoiceProps) {
  const { data } = useInfiniteQuery(deliveriesQuery(useApi(), { endpoint_id: endpoint.id }, looksBack));
  const statuses = data?.pages.flatMap((page) => page.data).map(({ last_attempt }) => last_attempt?.status) ?? [];
  const answered = [testStatus, ...statuses].find((status) => status && status > 200 && status <= 207);
  if (answered === undefined && endpoint.success === "200") return null;
  return (
    <Checkbox
      id="success"
      label="Count 200–207 as delivered"
      description={
        answered
          ? `Your receiver responds with ${answered}. If unchecked, only 200 counts, and any other response is retried`
          : "If unchecked, only 200 counts, and any other response is retried"
      }
      isChecked={success !== "200"}
      onChange={(_, isChecked) => onChange(isChecked ? "200-207" : "200")}
    />
  );
}

const pointedAt = "bellwire-pointed-at";

/** Scrolls to and highlights the control that a link such as `/webhooks/edit#all_actors` names. */
export function useLinkedControl(): void {
  const hash = useLocation({ select: (location) => location.hash });
  useEffect(() => {
    const control = document.getElementById(hash);
    const surrounding = control?.parentElement;
    if (!control || !surrounding) return undefined;
    control.scrollIntoView({ block: "center" });
    control.focus({ preventScroll: true });
    surrounding.classList.add(pointedAt);
    return () => surrounding.classList.remove(pointedAt);
  }, [hash]);
}
