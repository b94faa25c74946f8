import {
  Alert,
  Button,
  DescriptionList,
  List,
  ListItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Stack,
  StackItem,
  ToolbarItem,
} from "@patternfly/react-core";
import type { QueryKey } from "@tanstack/react-query";
import { useId, useState } from "react";
import { countOf } from "../counts.ts";
import { ApiProblem } from "../../api/api-problem.ts";
import type { BellwireSchemas } from "../../api/bellwire-client.ts";
import { ActionMenu } from "../action-menu.tsx";
import { Fact } from "../facts.tsx";
import { SelectField } from "../form/fields.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import { useChange } from "../form/use-change.ts";
import { Name } from "../labels.tsx";
import { planOptions, type PlanOnOffer } from "../plans/plan-change.tsx";
import { useToast } from "../toast-context.ts";

interface BulkMenuProps<Name extends string> extends Pick<BulkDialogProps<Name>, "act"> {
  readonly nouns: Nouns;
  readonly selected: readonly Selected[];
  readonly operations: readonly BulkOperation<Name>[];
  readonly stale: readonly QueryKey[];
  /** Receives the ids that the operation changed. */
  readonly onDone: (ids: readonly number[]) => void;
}

/** The operations on the selected rows. */
export function BulkMenu<Name extends string>({ selected, operations, ...rest }: BulkMenuProps<Name>) {
  // Kept, because the list changes under the dialog as soon as the operation has run.
  const [open, setOpen] = useState<Pick<BulkDialogProps<Name>, "selected" | "operation">>();
  return (
    <ToolbarItem>
      <ActionMenu
        label={selected.length > 0 ? `With ${selected.length} selected` : "With selected"}
        isDisabled={selected.length === 0}
        actions={operations.map((operation) => ({
          title: operation.title,
          isDanger: operation.isDanger ?? false,
          onClick: () => setOpen({ selected, operation }),
        }))}
      />
      {open && <BulkDialog {...rest} {...open} onClose={() => setOpen(undefined)} />}
    </ToolbarItem>
  );
}

interface BulkDialogProps<Name extends string> {
  readonly nouns: Nouns;
  readonly selected: readonly Selected[];
  readonly operation: BulkOperation<Name>;
  readonly act: (body: { ids: number[]; operation: Name; plan_id?: number }) => Promise<readonly BulkOutcome[]>;
  readonly stale: readonly QueryKey[];
  readonly onDone: (ids: readonly number[]) => void;
  readonly onClose: () => void;
}

/** Asks for confirmation, runs the operation, and lists the objects that could not be changed with the reasons. */
function BulkDialog<Name extends string>(props: BulkDialogProps<Name>) {
  const { nouns, selected, operation: chosen, act, stale, onDone, onClose } = props;
  const { operation, title, done, consequence, plans, isDanger = false } = chosen;
  const toast = useToast();
  const [planId, setPlanId] = useState("");
  const { mutate, isPending, errors, data } = useChange({
    change: () => act({ ids: selected.map(({ id }) => id), operation, ...(plans && { plan_id: Number(planId) }) }),
    stale,
    failed: `The ${nouns[1]} could not be ${done}`,
    fields: ["plan_id"],
    onDone: (outcomes) => {
      const ids = outcomes.filter((outcome) => outcome.done).map(({ id }) => id);
      onDone(ids);
      if (ids.length < outcomes.length) return;
      toast({ kind: "success", title: describeDone(ids.length, nouns, done) });
    },
    leave: (outcomes) => {
      if (outcomes.every((outcome) => outcome.done)) onClose();
    },
  });
  const refused = data && unchangedObjects(data, selected);
  if (refused?.length) {
    return (
      <BulkResult
        consequence={describeDone(selected.length - refused.length, nouns, done)}
        refused={refused}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog
      title={`${title}: ${countOf(selected.length, nouns)}`}
      description={consequence}
      submit={title}
      isDanger={isDanger}
      isBusy={isPending}
      isDisabled={plans !== undefined && !planId}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <SelectedNames selected={selected} />
      {plans && (
        <SelectField
          id="plan_id"
          label="New plan"
          isRequired
          errors={errors["plan_id"]}
          value={planId}
          options={planOptions(plans)}
          onChange={setPlanId}
        />
      )}
    </FormDialog>
  );
}

const shownMax = 10;

/** Names the selected objects, so that the admin can check them. */
const SelectedNames = ({ selected }: { selected: readonly Selected[] }) => (
  <List isPlain className="bellwire-break">
    {selected.slice(0, shownMax).map(({ id, name }) => (
      <ListItem key={id}>
        <Name>{name}</Name>
      </ListItem>
    ))}
    {selected.length > shownMax && <ListItem>and {selected.length - shownMax} more</ListItem>}
  </List>
);

interface BulkResultProps {
  readonly consequence: string;
  readonly refused: ReturnType<typeof unchangedObjects>;
  readonly onClose: () => void;
}

/** Says how many objects changed and lists the others, which stay selected. */
function BulkResult({ consequence, refused, onClose }: BulkResultProps) {
  const id = useId();
  const count = refused.length;
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={id}>
      <ModalHeader title={consequence} labelId={id} />
      <ModalBody>
        <Stack hasGutter>
          <StackItem>
            <Alert
              isInline
              isLiveRegion
              component="h2"
              variant="warning"
              title={`${count} could not be changed and ${count === 1 ? "is" : "are"} still selected`}
            />
          </StackItem>
          <StackItem>
            <DescriptionList isCompact>
              {refused.map((outcome) => (
                <Fact key={outcome.id} term={outcome.name}>
                  {outcome.why}
                </Fact>
              ))}
            </DescriptionList>
          </StackItem>
        </Stack>
      </ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>Close</Button>
      </ModalFooter>
    </Modal>
  );
}

type BulkOutcome = BellwireSchemas["BulkOutcome"];

/** An operation on several objects at once. */
export interface BulkOperation<Name extends string> {
  readonly operation: Name;
  /** The verb of the menu item and the button. */
  readonly title: string;
  /** The past participle for messages: "suspended". */
  readonly done: string;
  /** The consequences, shown before confirmation. */
  readonly consequence: string;
  readonly isDanger?: boolean;
  /** The plans to choose from, if the operation needs one. */
  readonly plans?: readonly PlanOnOffer[];
}

interface Selected {
  readonly id: number;
  readonly name: string;
}

/** Singular and plural: "account", "accounts". */
type Nouns = readonly [one: string, several: string];

/** Returns "2 accounts were suspended". */
export const describeDone = (count: number, nouns: Nouns, done: string): string =>
  `${count === 0 ? `No ${nouns[0]}` : countOf(count, nouns)} ${count > 1 ? "were" : "was"} ${done}`;

/** Returns the objects that could not be changed, each with its name and the reason. */
export const unchangedObjects = (outcomes: readonly BulkOutcome[], selected: readonly Selected[]) =>
  outcomes
    .filter(({ done }) => !done)
    .map((outcome) => ({
      id: outcome.id,
      name: selected.find(({ id }) => id === outcome.id)?.name ?? String(outcome.id),
      why: new ApiProblem(422, outcome).message,
    }));
