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
import { type FormEvent, useState } from "react";
import { TextField } from "./fields.tsx";
import { ConfirmDialog } from "./form-dialog.tsx";

/** Acts on one of them, and says so once it is done; if it is refused, never. */
type Act = (value: string, onDone: () => void) => void;

export interface ValueListProps extends AddValueProps {
  readonly values: readonly string[];
  /** How many there can be. */
  readonly limit: number;
  /** What comes of it when one goes. */
  readonly onEnd: string;
  readonly onRemove: Act;
  /** Where a new random one can be put in the place of an old one. */
  readonly onReplace?: Act;
}

/** Values that are added and removed one by one, such as the keys of an application. */
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
                <ClipboardCopy
                  variant="inline-compact"
                  isCode
                  hoverTip="Copy"
                  clickTip="Copied"
                  copyAriaLabel={`Copy the ${noun} ${value}`}
                  className="bellwire-break"
                >
                  {value}
                </ClipboardCopy>
                {onReplace && (
                  <Button
                    variant="plain"
                    aria-label={`Regenerate the ${noun} ${value}`}
                    icon={<SyncAltIcon />}
                    isDisabled={isBusy}
                    onClick={() => setToEnd({ value, isReplaced: true })}
                  />
                )}
                <Button
                  variant="plain"
                  aria-label={`Delete the ${noun} ${value}`}
                  icon={<TrashIcon />}
                  isDisabled={isBusy}
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
          `There is room for ${limit}, and no more: to add another ${noun}, delete one first.`
        )}
      </StackItem>
      {toEnd && (
        <ConfirmDialog
          title={toEnd.isReplaced ? `Make a new ${noun} in the place of this one?` : `Delete this ${noun}?`}
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
  /** Of one: "key". */
  readonly noun: string;
  readonly hint: string;
  readonly errors: readonly string[] | undefined;
  readonly isBusy: boolean;
  /** Says once it is there; if it is refused, never. */
  readonly onAdd: (value: string, onDone: () => void, event: FormEvent) => void;
}

/** One more value for a list. What was typed stays until it is there. */
function AddValue({ noun, hint, errors, isBusy, onAdd }: AddValueProps) {
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
