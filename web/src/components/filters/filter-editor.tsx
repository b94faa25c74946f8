import {
  Button,
  Checkbox,
  Form,
  FormGroup,
  HelperText,
  HelperTextItem,
  Popover,
  Stack,
  StackItem,
  TextInput,
} from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { endpointsQuery } from "../../api/endpoints.ts";
import { eventTypesQuery } from "../../api/events.ts";
import { valuesOf } from "../../api/filters.ts";
import { useFocusBack } from "../form/form-dialog.tsx";
import { type PartQuery, hasFailed } from "../loaded.tsx";
import { type Choice, type FilterDefinition, parseValues } from "./filter-table.ts";

export interface FilterPopoverProps {
  readonly label: string;
  /** The element that opened the editor. */
  readonly anchor: HTMLElement;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** An editor beside the control that opened it. Escape and a press outside close it. */
export function FilterPopover({ label, anchor, onClose, children }: FilterPopoverProps) {
  useFocusBack(anchor);
  return (
    <Popover
      isVisible
      triggerRef={() => anchor}
      aria-label={label}
      position="bottom-start"
      withFocusTrap
      showClose={false}
      minWidth="18rem"
      maxWidth="clamp(18rem, 100vw - 12rem, 24rem)" // a wider one fits on neither side of the control on a phone
      appendTo={() => document.body}
      shouldClose={onClose}
      bodyContent={<div className="bellwire-filter-editor">{children}</div>}
    />
  );
}

export interface FilterEditorProps {
  readonly definition: FilterDefinition;
  readonly value: string | undefined;
  readonly anchor: HTMLElement;
  readonly onChange: (value: string) => void;
  readonly onClose: () => void;
}

/** Edits one filter. Choices apply at once, typed values with Enter. */
export function FilterEditor({ definition, value = "", anchor, onChange, onClose }: FilterEditorProps) {
  const { input, label } = definition;
  const choices = useChoices(definition);
  const isFixed = input.kind === "choices";
  const isTyped = input.kind === "text" || input.kind === "number";
  return (
    <FilterPopover label={label} anchor={anchor} onClose={onClose}>
      {isTyped ? (
        <TypedFilter
          definition={definition}
          value={value}
          onApply={(typed) => {
            onChange(typed);
            onClose();
          }}
        />
      ) : (
        <ChoiceFilter definition={definition} {...choices} isFixed={isFixed} value={value} onChange={onChange} />
      )}
    </FilterPopover>
  );
}

/** Returns the choices of a filter, with all event types of a kind of object as one choice. */
function useChoices({ input }: FilterDefinition): Choices {
  const api = useApi();
  const endpoints = useQuery({ ...endpointsQuery(api), enabled: input.kind === "endpoints" });
  const types = useQuery({ ...eventTypesQuery(api), enabled: input.kind === "event types" });
  switch (input.kind) {
    case "choices":
      return { choices: input.choices, none: "Nothing matches" };
    case "endpoints": {
      const choices = endpoints.data?.map(({ id, name }) => ({ value: String(id), label: name }));
      return { choices: choices ?? [], none: describeNone(endpoints) };
    }
    case "event types": {
      const { data = [] } = types;
      const kinds = new Set(data.map(({ type }) => type.split(".")[0] ?? ""));
      const wholeKinds = [...kinds].map((kind) => ({
        value: `${kind}.*`,
        label: `Every ${kind.replaceAll("_", " ")} event`,
      }));
      const choices = [...wholeKinds, ...data.map(({ type, label }) => ({ value: type, label }))];
      return { choices, none: describeNone(types) };
    }
    case "text":
    case "number":
      return { choices: [], none: "" };
  }
}

interface Choices {
  readonly choices: readonly Choice[];
  /** Stands in place of the choices while there are none. */
  readonly none: string;
}

function describeNone(query: Omit<PartQuery<unknown>, "refetch">): string {
  if (hasFailed(query)) return "The choices could not be loaded";
  return query.data === undefined ? "Loading…" : "Nothing matches";
}

interface ChoiceFilterProps extends Choices {
  readonly definition: FilterDefinition;
  /** False for choices that are loaded, whose number is not known when the editor opens. */
  readonly isFixed: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Longer lists can be narrowed by a text. */
const choicesWithoutSearch = 10;

/** Choices that are loaded have a search from the beginning: the focus needs a place before they come. */
function ChoiceFilter({ definition, choices, none, isFixed, value, onChange }: ChoiceFilterProps) {
  const { name, label, isSeveral = false } = definition;
  const [text, setText] = useState("");
  const chosen = valuesOf(value);
  const matching = choices.filter((choice) =>
    `${choice.label} ${choice.value}`.toLowerCase().includes(text.toLowerCase()),
  );
  const choose = (choice: string, isOn: boolean): void => {
    if (!isSeveral) return onChange(isOn ? choice : "");
    onChange((isOn ? [...chosen, choice] : chosen.filter((each) => each !== choice)).join(","));
  };
  return (
    <Stack hasGutter>
      {(!isFixed || choices.length > choicesWithoutSearch) && (
        <StackItem>
          <TextInput
            type="search"
            aria-label={`Find in ${label.toLowerCase()}`}
            placeholder="Find"
            value={text}
            onChange={(_, typed) => setText(typed)}
          />
        </StackItem>
      )}
      <StackItem>
        <FormGroup role="group" fieldId={`filter-${name}`} label={label} isStack className="bellwire-filter-choices">
          {matching.map((choice) => (
            <Checkbox
              key={choice.value}
              id={`filter-${name}-${choice.value}`}
              label={choice.label}
              isChecked={chosen.includes(choice.value)}
              onChange={(_, isOn) => choose(choice.value, isOn)}
            />
          ))}
          {matching.length === 0 && <span className="bellwire-subtle">{none}</span>}
        </FormGroup>
      </StackItem>
    </Stack>
  );
}

interface TypedFilterProps {
  readonly definition: FilterDefinition;
  readonly value: string;
  readonly onApply: (value: string) => void;
}

function TypedFilter({ definition, value, onApply }: TypedFilterProps) {
  const { name, label, input, isSeveral = false } = definition;
  const id = useId();
  const [typed, setTyped] = useState(valuesOf(value).join(", "));
  const [isWrong, setWrong] = useState(false);
  const isNumber = input.kind === "number";
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const values = parseValues(definition, typed);
    const entered = new Set((isSeveral ? typed.split(",") : [typed]).map((part) => part.trim()));
    entered.delete("");
    if (values.length < entered.size) return setWrong(true);
    onApply(values.join(","));
  };
  return (
    <Form onSubmit={submit} noValidate>
      <FormGroup label={isNumber ? `${label} (${input.unit})` : label} fieldId={`${id}value`}>
        <TextInput
          id={`${id}value`}
          name={name}
          type={isNumber ? "number" : "text"}
          {...(isNumber && { min: 0 })}
          {...(input.kind === "text" && { placeholder: input.example })}
          aria-describedby={`${id}hint`}
          validated={isWrong ? "error" : "default"}
          value={typed}
          onChange={(_, text) => {
            setTyped(text);
            setWrong(false);
          }}
        />
        <HelperText id={`${id}hint`} isLiveRegion>
          {isWrong && <HelperTextItem variant="error">This is not a value of the filter</HelperTextItem>}
          {"hint" in input && <HelperTextItem>{input.hint}</HelperTextItem>}
        </HelperText>
      </FormGroup>
      <Button type="submit">Apply</Button>
    </Form>
  );
}
