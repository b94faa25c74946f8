import { Alert, Checkbox, Form, FormSection } from "@patternfly/react-core";
import { useState, type FormEvent } from "react";

import type { Endpoint } from "../../api/endpoint-queries.ts";
import type { EventType } from "../../api/event-type-queries.ts";
import { BinOffer } from "./bin-offer.tsx";
import { ActorChoices } from "../../components/endpoint/actor-choices.tsx";
import { EndpointStateNotice } from "../../components/endpoint/endpoint-state-notice.tsx";
import { EventSwitches } from "../../components/endpoint/event-switches.tsx";
import { SaveBar } from "../../components/form/save-bar.tsx";
import { settingsOf, type Settings } from "./settings.ts";
import { SigningSecret } from "../../components/endpoint/signing-secret.tsx";
import { SuccessChoice } from "./success-choice.tsx";
import { TestRequests } from "../../components/endpoint/test-requests.tsx";
import { UrlField } from "../../components/endpoint/url-field.tsx";
import { usePointedAtControl } from "./use-pointed-at-control.ts";
import { useSaveSettings } from "./use-save-settings.ts";

export interface SettingsFormProps {
  readonly endpoint: Endpoint | null;
  readonly types: readonly EventType[];
}

export function SettingsForm({ endpoint, types }: SettingsFormProps) {
  const saved = settingsOf(endpoint, types);
  // What was typed and not saved yet. Without it the form shows what is saved, also when that changes meanwhile.
  const [typed, setTyped] = useState<Settings>();
  const [testStatus, setTestStatus] = useState<number>();
  // The saved URL as it is, if it has been asked for: the API masks it.
  const [wholeUrl, setWholeUrl] = useState<string>();
  const settings = typed ?? saved;
  const change = (changed: Partial<Settings>): void => setTyped({ ...settings, ...changed });
  const forget = (): void => setTyped(undefined);
  const { save, isSaving, urlErrors, forgetErrors } = useSaveSettings({ endpoint, types, onSaved: forget });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save(settings);
  };
  const discard = (): void => {
    forget();
    forgetErrors();
  };
  usePointedAtControl();

  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="60rem">
      <FormSection title="Behavior" titleElement="h2">
        <Checkbox
          id="active"
          name="active"
          label="Webhooks enabled"
          description="The main switch: without it nothing is sent, whatever is chosen below"
          isChecked={settings.active}
          onChange={(_, active) => change({ active })}
        />
        <ActorChoices settings={settings} onChange={change} />
      </FormSection>
      <FormSection title="Webhooks endpoint" titleElement="h2">
        {endpoint && <EndpointStateNotice endpoint={endpoint} />}
        <BinOffer endpointId={endpoint?.id} savedUrl={saved.url} settings={settings} types={types} onSaved={discard} />
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
          <Alert isInline component="h3" isPlain variant="info" title="Nothing fires while webhooks are not enabled" />
        )}
        <EventSwitches types={types} settings={settings} onChange={(switches) => change({ switches })} />
      </FormSection>
      <SaveBar save="Update webhooks settings" isSaving={isSaving} onDiscard={typed && discard} />
    </Form>
  );
}
