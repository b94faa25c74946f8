import {
  ActionGroup,
  Button,
  ClipboardCopy,
  Content,
  Form,
  List,
  ListItem,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import SyncAltIcon from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
import TrashIcon from "@patternfly/react-icons/dist/esm/icons/trash-icon";
import { useState, type FormEvent } from "react";

import { ConfirmDialog } from "./confirm-dialog.tsx";
import { TextField } from "./form/text-field.tsx";

export interface ValueListProps {
  /** Of one: "key". */
  readonly noun: string;
  readonly values: readonly string[];
  readonly hint: string;
  readonly errors: readonly string[] | undefined;
  readonly isBusy: boolean;
  readonly onAdd: (value: string) => void;
  readonly onRemove: (value: string) => void;
  /** Where a new random one can be put in the place of an old one. */
  readonly onReplace?: (value: string) => void;
}

/** Values that are added and removed one by one, such as the keys of an application. */
export function ValueList({ noun, values, hint, errors, isBusy, onAdd, onRemove, onReplace }: ValueListProps) {
  const [toEnd, setToEnd] = useState<{ readonly value: string; readonly isReplaced: boolean }>();
  return (
    <Stack hasGutter>
      <StackItem>
        {values.length === 0 ? (
          <span className="bellwire-subtle">None yet</span>
        ) : (
          <List isPlain>
            {values.map((value) => (
              <ListItem key={value}>
                <ClipboardCopy
                  variant="inline-compact"
                  isCode
                  hoverTip="Copy"
                  clickTip="Copied"
                  className="bellwire-break"
                >
                  {value}
                </ClipboardCopy>
                {onReplace && (
                  <Button
                    variant="plain"
                    aria-label={`Regenerate the ${noun} ${value}`}
                    icon={<SyncAltIcon />}
                    onClick={() => setToEnd({ value, isReplaced: true })}
                  />
                )}
                <Button
                  variant="plain"
                  aria-label={`Delete the ${noun} ${value}`}
                  icon={<TrashIcon />}
                  onClick={() => setToEnd({ value, isReplaced: false })}
                />
              </ListItem>
            ))}
          </List>
        )}
      </StackItem>
      <StackItem>
        <AddValue noun={noun} hint={hint} errors={errors} isBusy={isBusy} onAdd={onAdd} />
      </StackItem>
      {toEnd && (
        <ConfirmDialog
          title={toEnd.isReplaced ? `Make a new ${noun} in the place of this one?` : `Delete this ${noun}?`}
          confirm={toEnd.isReplaced ? "Regenerate" : "Delete"}
          isBusy={isBusy}
          onConfirm={() => {
            (toEnd.isReplaced ? onReplace : onRemove)?.(toEnd.value);
            setToEnd(undefined);
          }}
          onClose={() => setToEnd(undefined)}
        >
          <Content component="p" className="bellwire-mono">
            {toEnd.value}
          </Content>
          {toEnd.isReplaced && <Content component="p">It stops working at once.</Content>}
        </ConfirmDialog>
      )}
    </Stack>
  );
}

function AddValue({ noun, hint, errors, isBusy, onAdd }: Omit<ValueListProps, "values" | "onRemove" | "onReplace">) {
  const [typed, setTyped] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onAdd(typed);
    setTyped("");
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
        <Button type="submit" variant="secondary" isDisabled={isBusy}>
          Add
        </Button>
      </ActionGroup>
    </Form>
  );
}
