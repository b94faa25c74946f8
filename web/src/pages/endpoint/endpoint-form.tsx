import {
  Button,
  Checkbox,
  Form,
  FormGroup,
  FormSection,
  InputGroup,
  InputGroupItem,
  Radio,
  Stack,
  StackItem,
  TextInput,
} from "@patternfly/react-core";
import PlusCircleIcon from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon";
import TrashIcon from "@patternfly/react-icons/dist/esm/icons/trash-icon";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type MouseEvent, useState } from "react";
import { flushSync } from "react-dom";
import { type Endpoint, isForChat } from "../../api/endpoints.ts";
import { type EventType, isOperational } from "../../api/events.ts";
import { ActorChoices, EventSwitches } from "../../components/endpoint/event-switches.tsx";
import { UrlField } from "../../components/endpoint/url-field.tsx";
import { FieldHint, SaveBar, TextField, hintId } from "../../components/form/fields.tsx";
import { focusInvalidField } from "../../components/form/use-change.ts";
import {
  checkDraft,
  checkNames,
  type EndpointDraft,
  type HeaderLine,
  useEndpointDraft,
  useSaveEndpoint,
} from "./endpoint-draft.ts";
import { FormatFields, PaceFields, RetryFields } from "./delivery-fields.tsx";

export interface EndpointFormProps {
  /** Without it, the form creates an endpoint. */
  readonly endpoint?: Endpoint;
  readonly types: readonly EventType[];
}

/** The properties of a section of the form. */
export interface EndpointFieldsProps {
  readonly draft: EndpointDraft;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly onChange: (changed: Partial<EndpointDraft>) => void;
}

export function EndpointForm({ endpoint, types }: EndpointFormProps) {
  const navigate = useNavigate();
  const { draft, typed, seen, setSeen, change, forget, forgetSaved } = useEndpointDraft(endpoint, types);
  const saving = useSaveEndpoint({ endpoint, typed, seen, setSeen, types, onSaved: forgetSaved });
  const { save, isSaving, errors, forgetErrors, take } = saving;
  const [isTried, setTried] = useState(false);
  const nameErrors = checkNames(draft, typed, !endpoint);
  const draftErrors = { ...checkDraft(draft, !endpoint), ...(isTried && nameErrors) };
  const discard = (): void => {
    forget();
    setTried(false);
    forgetErrors();
  };
  const submit = (event: FormEvent): void => {
    take(event);
    flushSync(() => setTried(true)); // marks the fields, of which the first gets the focus
    if (Object.keys({ ...draftErrors, ...nameErrors }).length === 0) save(typed ?? {});
    else focusInvalidField(event.currentTarget);
  };
  const parts = { draft, errors: { ...errors, ...draftErrors }, onChange: change };
  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="60rem">
      <FormSection title="Destination" titleElement="h2">
        <WhereFields {...parts} isDefault={endpoint?.name === "default"} endpointId={endpoint?.id} />
        <HeadersField {...parts} />
      </FormSection>
      <FormSection title="Format" titleElement="h2">
        <FormatFields {...parts} isNew={!endpoint} />
      </FormSection>
      <FormSection title="Events" titleElement="h2">
        {isForChat(draft.format) ? (
          <EventSwitches types={types.filter(({ type }) => isOperational(type))} {...eventChoice(parts)} />
        ) : (
          <EventChoice {...parts} types={types} />
        )}
      </FormSection>
      <FormSection title="Success and retries" titleElement="h2">
        <RetryFields {...parts} isNew={!endpoint} />
      </FormSection>
      <FormSection title="Order and speed" titleElement="h2">
        <PaceFields {...parts} />
      </FormSection>
      <SaveBar
        save={endpoint ? "Save endpoint" : "Create endpoint"}
        isSaving={isSaving}
        hasEdits={typed !== undefined}
        {...(endpoint && { onDiscard: discard })}
      >
        {!endpoint && (
          <Button variant="link" onClick={() => void navigate({ to: "/endpoints", ignoreBlocker: true })}>
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
            ? "The page Webhook settings and 3scale's API use this name"
            : "For you and your colleagues: “CRM”, “Billing”"
        }
        errors={errors["name"]}
        value={draft.name}
        input={isDefault ? { readOnlyVariant: "default" } : {}}
        onChange={(name) => onChange({ name })}
      />
      <UrlField
        url={draft.url}
        errors={errors["url"] ?? []}
        onChange={(url) => onChange({ url })}
        isRequired={!isDefault}
        endpointId={endpointId}
      />
      <TextField
        id="description"
        label="Description"
        errors={errors["description"]}
        value={draft.description}
        onChange={(description) => onChange({ description })}
      />
      <Checkbox
        id="active"
        name="active"
        label="Active"
        description="If unchecked, new events create no delivery, and pending ones are held"
        isChecked={draft.active}
        onChange={(_, active) => onChange({ active })}
      />
    </>
  );
}

function HeadersField({ draft: { headers }, errors, onChange }: EndpointFieldsProps) {
  const replace = (place: number, line: HeaderLine): void => onChange({ headers: headers.with(place, line) });
  /** Adds a line and moves the focus to its name, which comes before the button. */
  const add = ({ currentTarget }: MouseEvent<HTMLElement>): void => {
    flushSync(() => onChange({ headers: [...headers, { name: "", value: "" }] }));
    const names = currentTarget
      .closest("[role=group]")
      ?.querySelectorAll<HTMLElement>('[aria-label^="Name of header"]');
    names?.item(headers.length)?.focus();
  };
  return (
    <FormGroup role="group" label="Custom headers" fieldId="headers" aria-describedby={hintId("headers")}>
      <Stack hasGutter>
        {headers.map((line, place) => {
          const key = `header ${place}`; // a line has no identity besides its position
          return (
            <StackItem key={key}>
              <HeaderInputs
                number={place + 1}
                line={line}
                wrong={wrongPart(line, errors["headers"])}
                onChange={(changed) => replace(place, changed)}
                onRemove={() => onChange({ headers: headers.toSpliced(place, 1) })}
              />
            </StackItem>
          );
        })}
        <StackItem>
          <Button variant="link" isInline icon={<PlusCircleIcon />} onClick={add}>
            Add a header
          </Button>
        </StackItem>
      </Stack>
      <FieldHint
        id="headers"
        hint="Sent with every request, for example an Authorization that your receiver requires. Stored encrypted"
        errors={errors["headers"]}
      />
    </FormGroup>
  );
}

/** Returns the input of a header that the server refused: it names the header, unless all of them are meant. */
function wrongPart({ name }: HeaderLine, errors: readonly string[] = []): "name" | "value" | undefined {
  if (errors.some((error) => error.startsWith(`${name} has an invalid value`))) return "value";
  const isNamed = errors.some((error) => error.startsWith(`"${name}" `) || error.startsWith(`${name} `));
  const isOfAll = errors.some((error) => /^(?:contains|has more) /i.test(error));
  return isNamed || isOfAll ? "name" : undefined;
}

interface HeaderInputsProps {
  readonly number: number;
  readonly line: HeaderLine;
  /** The input with an error. */
  readonly wrong: "name" | "value" | undefined;
  readonly onChange: (changed: HeaderLine) => void;
  readonly onRemove: () => void;
}

function HeaderInputs({ number, line, wrong, onChange, onRemove }: HeaderInputsProps) {
  return (
    <InputGroup>
      <InputGroupItem isFill>
        <TextInput
          aria-label={`Name of header ${number}`}
          placeholder="Authorization"
          autoComplete="off"
          value={line.name}
          validated={wrong === "name" ? "error" : "default"}
          aria-describedby={hintId("headers")}
          onChange={(_, name) => onChange({ ...line, name })}
        />
      </InputGroupItem>
      <InputGroupItem isFill>
        <TextInput
          aria-label={`Value of header ${number}`}
          placeholder="Bearer …"
          autoComplete="off"
          value={line.value}
          validated={wrong === "value" ? "error" : "default"}
          aria-describedby={hintId("headers")}
          onChange={(_, value) => onChange({ ...line, value })}
        />
      </InputGroupItem>
      <InputGroupItem>
        <Button variant="control" aria-label={`Remove header ${number}`} icon={<TrashIcon />} onClick={onRemove} />
      </InputGroupItem>
    </InputGroup>
  );
}

const eventChoice = ({ draft, onChange }: EndpointFieldsProps) => ({
  settings: draft,
  onChange: (switches: EndpointDraft["switches"]) => onChange({ switches }),
});

function EventChoice({ draft, onChange, types }: EndpointFieldsProps & { types: readonly EventType[] }) {
  return (
    <>
      <FormGroup role="radiogroup" fieldId="events" label="Events" isStack>
        <Radio
          id="events_all"
          name="events"
          label="Every change"
          description="Including changes that later versions of Bellwire add"
          isChecked={draft.sendsAll}
          onChange={() => onChange({ sendsAll: true })}
        />
        <Radio
          id="events_chosen"
          name="events"
          label="Selected events"
          isChecked={!draft.sendsAll}
          onChange={() => onChange({ sendsAll: false })}
        />
      </FormGroup>
      <EventSwitches
        types={types.filter(({ type }) => (isOperational(type) ? draft.name !== "default" : !draft.sendsAll))}
        settings={draft}
        onChange={(switches) => onChange({ switches })}
      />
      <ActorChoices settings={draft} onChange={onChange} />
    </>
  );
}
