import { ActionGroup, Button, Form } from "@patternfly/react-core";
import { useState, type FormEvent } from "react";

import { TextField } from "./form/text-field.tsx";

export interface AddValueProps {
  /** Of one: "key". */
  readonly noun: string;
  readonly hint: string;
  readonly errors: readonly string[] | undefined;
  readonly isBusy: boolean;
  /** Says once it is there; if it is refused, never. */
  readonly onAdd: (value: string, onDone: () => void, event: FormEvent) => void;
}

/** One more value for a list. What was typed stays until it is there. */
export function AddValue({ noun, hint, errors, isBusy, onAdd }: AddValueProps) {
  const [typed, setTyped] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // What is typed meanwhile is the next one.
    if (!isBusy) onAdd(typed, () => setTyped((now) => (now === typed ? "" : now)), event);
  };
  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="40rem">
      <TextField
        id={`new-${noun.replaceAll(" ", "-")}`}
        label={`New ${noun}`}
        hint={hint}
        errors={errors}
        value={typed}
        onChange={setTyped}
      />
      <ActionGroup>
        <Button type="submit" variant="secondary" isLoading={isBusy} isDisabled={isBusy}>
          Add {noun}
        </Button>
      </ActionGroup>
    </Form>
  );
}
