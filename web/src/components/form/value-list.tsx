import { ActionGroup, Button, Content, Form, List, ListItem, Stack, StackItem } from "@patternfly/react-core";
import SyncAltIcon from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
import TrashIcon from "@patternfly/react-icons/dist/esm/icons/trash-icon";
import { type FormEvent, useState } from "react";
import { CopyText } from "../copy-text.tsx";
import { TextField } from "./fields.tsx";
import { ConfirmDialog } from "./form-dialog.tsx";

/** Acts on a value. Calls `onDone` only after success. */
type Act = (value: string, onDone: () => void) => void;

export interface ValueListProps extends AddValueProps {
  readonly values: readonly string[];
  /** The maximum number of values. */
  readonly limit: number;
  /** The consequence of removing a value. */
  readonly onEnd: string;
  readonly onRemove: Act;
  /** Replaces a value by a new random one, where that is possible. */
  readonly onReplace?: Act;
}

/** A list of values that are added and removed one at a time, such as the keys of an application. */
export function ValueList({ values, limit, onEnd, onRemove, onReplace, ...add }: ValueListProps) {
  const { noun, isBusy } = add;
  const [toEnd, setToEnd] = useState<{ readonly value: string; readonly isReplaced: boolean }>();
  const close = (): void => setToEnd(undefined);
  return (
    <Stack hasGutter>
      <StackItem>
        {values.length === 0 ? (
          <span className="bellwire-subtle">None yet</span>
        ) : (
          <List isPlain>
            {values.map((value) => (
              <ListItem key={value}>
                <CopyText label={`Copy the ${noun} ${value}`}>{value}</CopyText>
                {onReplace && (
                  <Button
                    variant="plain"
                    aria-label={`Regenerate the ${noun} ${value}`}
                    icon={<SyncAltIcon />}
                    isAriaDisabled={isBusy}
                    onClick={() => setToEnd({ value, isReplaced: true })}
                  />
                )}
                <Button
                  variant="plain"
                  aria-label={`Delete the ${noun} ${value}`}
                  icon={<TrashIcon />}
                  isAriaDisabled={isBusy}
                  onClick={() => setToEnd({ value, isReplaced: false })}
                />
              </ListItem>
            ))}
          </List>
        )}
      </StackItem>
      <StackItem>
        {values.length < limit ? (
          <AddValue {...add} />
        ) : (
          `The limit is ${limit}. To add another ${noun}, delete one first.`
        )}
      </StackItem>
      {toEnd && (
        <ConfirmDialog
          title={toEnd.isReplaced ? `Replace this ${noun} with a new one?` : `Delete this ${noun}?`}
          confirm={toEnd.isReplaced ? "Regenerate" : "Delete"}
          isBusy={isBusy}
          onConfirm={() => (toEnd.isReplaced ? onReplace : onRemove)?.(toEnd.value, close)}
          onClose={close}
        >
          <Content component="p" className="bellwire-mono">
            {toEnd.value}
          </Content>
          <Content component="p">{onEnd}</Content>
        </ConfirmDialog>
      )}
    </Stack>
  );
}

interface AddValueProps {
  /** The singular: "key". */
  readonly noun: string;
  readonly hint: string;
  readonly errors: readonly string[] | undefined;
  readonly isBusy: boolean;
  /** Calls `onDone` only after success. */
  readonly onAdd: (value: string, onDone: () => void, event: FormEvent) => void;
}

/** Adds a value to the list. The input keeps its text until the value is added. */
function AddValue({ noun, hint, errors, isBusy, onAdd }: AddValueProps) {
  const [typed, setTyped] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // White space at an end is pasted by mistake. Text typed meanwhile is the next value.
    if (!isBusy) onAdd(typed.trim(), () => setTyped((now) => (now === typed ? "" : now)), event);
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
        <Button type="submit" variant="secondary" isLoading={isBusy} isAriaDisabled={isBusy}>
          Add {noun}
        </Button>
      </ActionGroup>
    </Form>
  );
}
