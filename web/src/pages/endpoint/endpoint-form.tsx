import { Button, Checkbox, Form, FormSection } from "@patternfly/react-core";
import { useNavigate } from "@tanstack/react-router";
import type { FormEvent } from "react";

import type { Endpoint } from "../../api/endpoint-queries.ts";
import type { EventType } from "../../api/event-type-queries.ts";
import { UrlField } from "../../components/endpoint/url-field.tsx";
import { focusWrongField } from "../../components/form/focus-wrong-field.ts";
import { SaveBar } from "../../components/form/save-bar.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { checkDraft } from "./check-draft.ts";
import type { EndpointDraft } from "./endpoint-draft.ts";
import { EventChoice } from "./event-choice.tsx";
import { FormatFields } from "./format-fields.tsx";
import { HeadersField } from "./headers-field.tsx";
import { PaceFields } from "./pace-fields.tsx";
import { RetryFields } from "./retry-fields.tsx";
import { useEndpointDraft } from "./use-endpoint-draft.ts";
import { useSaveEndpoint } from "./use-save-endpoint.ts";

export interface EndpointFormProps {
  /** None: a new one is made. */
  readonly endpoint?: Endpoint;
  readonly types: readonly EventType[];
}

/** What a part of the form gets. */
export interface EndpointFieldsProps {
  readonly draft: EndpointDraft;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly onChange: (changed: Partial<EndpointDraft>) => void;
}

export function EndpointForm({ endpoint, types }: EndpointFormProps) {
  const navigate = useNavigate();
  const { draft, typed, change, forget } = useEndpointDraft(endpoint, types);
  const { save, isSaving, errors, forgetErrors, take } = useSaveEndpoint(endpoint, forget);
  const wrong = checkDraft(draft, !endpoint);
  const discard = (): void => {
    forget();
    forgetErrors();
  };
  const submit = (event: FormEvent): void => {
    take(event);
    if (Object.keys(wrong).length === 0) save(typed ?? {});
    else focusWrongField(event.currentTarget);
  };
  const parts = { draft, errors: { ...errors, ...wrong }, onChange: change };
  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="60rem">
      <FormSection title="Where to" titleElement="h2">
        <WhereFields {...parts} isDefault={endpoint?.name === "default"} endpointId={endpoint?.id} />
        <HeadersField {...parts} />
      </FormSection>
      <FormSection title="Which events" titleElement="h2">
        <EventChoice {...parts} types={types} />
      </FormSection>
      <FormSection title="In which format" titleElement="h2">
        <FormatFields {...parts} />
      </FormSection>
      <FormSection title="What counts, and what follows when it fails" titleElement="h2">
        <RetryFields {...parts} isNew={!endpoint} />
      </FormSection>
      <FormSection title="In which order, and how fast" titleElement="h2">
        <PaceFields {...parts} />
      </FormSection>
      <SaveBar
        save={endpoint ? "Save the endpoint" : "Create the endpoint"}
        isSaving={isSaving}
        onDiscard={typed && endpoint ? discard : undefined}
      >
        {!endpoint && (
          <Button variant="link" onClick={() => void navigate({ to: "/endpoints" })}>
            Cancel
          </Button>
        )}
      </SaveBar>
    </Form>
  );
}

interface WhereFieldsProps extends EndpointFieldsProps {
  readonly isDefault: boolean;
  readonly endpointId: number | undefined;
}

function WhereFields({ draft, errors, onChange, isDefault, endpointId }: WhereFieldsProps) {
  return (
    <>
      <TextField
        id="name"
        label="Name"
        isRequired
        hint={
          isDefault
            ? "It is the one of the Webhooks page and of 3scale's API, which know it by this name"
            : "For you and your colleagues: “CRM”, “Billing”"
        }
        errors={errors["name"]}
        value={draft.name}
        input={{ maxLength: 255, ...(isDefault && { readOnlyVariant: "default" as const }) }}
        onChange={(name) => onChange({ name })}
      />
      <UrlField
        url={draft.url}
        lengthMax={isDefault ? 255 : 2048}
        errors={errors["url"] ?? []}
        onChange={(url) => onChange({ url })}
        endpointId={endpointId}
      />
      <TextField
        id="description"
        label="Description"
        errors={errors["description"]}
        value={draft.description}
        input={{ maxLength: 2000 }}
        onChange={(description) => onChange({ description })}
      />
      <Checkbox
        id="active"
        name="active"
        label="Active"
        description="Unchecked: new events make no delivery here, and what is due is held"
        isChecked={draft.active}
        onChange={(_, active) => onChange({ active })}
      />
    </>
  );
}
