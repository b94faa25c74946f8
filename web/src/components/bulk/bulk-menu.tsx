import { List, ListItem, Skeleton, ToolbarItem, Button } from "@patternfly/react-core";
import { type QueryKey, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import { ApiProblem } from "../../api/api-problem.ts";
import { refreshQueries } from "../../api/bellwire-client.ts";
import { ActionMenu } from "../action-menu.tsx";
import { countOf, formatCount } from "../counts.ts";
import { SelectField } from "../form/fields.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import { Name } from "../labels.tsx";
import { Loaded } from "../loaded.tsx";
import { MessageFields, type MessageText } from "../messages.tsx";
import { planOptions, type PlanOnOffer } from "../plans/plan-change.tsx";
import { useToast } from "../toast-context.ts";
import { BulkProgress, BulkResult, describeDone, type Nouns } from "./bulk-dialog.tsx";
import { type BulkOutcome, type BulkReport, retryRefused, runBulk, type Selected, startReport } from "./bulk-run.ts";

/** What an operation does besides its name. */
interface Details {
  readonly plan_id?: number;
  readonly message?: MessageText & { readonly key: string };
}

interface BulkRequest<Name extends string> extends Details {
  readonly ids: number[];
  readonly operation: Name;
}

/** The objects of an operation, and the request that changes some of them. */
export interface BulkTarget<Name extends string> {
  readonly count: number;
  /** The selected objects, or a function that reads all that match the filter. */
  readonly selected: readonly Selected[] | (() => Promise<readonly Selected[]>);
  readonly act: (body: BulkRequest<Name>, signal: AbortSignal) => Promise<readonly BulkOutcome[]>;
}

interface BulkMenuProps<Name extends string> {
  readonly nouns: Nouns;
  readonly target: BulkTarget<Name>;
  readonly operations: readonly BulkOperation<Name>[];
  readonly stale: readonly QueryKey[];
  /** Receives the ids that need the operation no more. */
  readonly onDone: (ids: readonly number[]) => void;
}

/** The operations on the selected rows. The last result can be shown again until all of it is done. */
export function BulkMenu<Name extends string>({ target, operations, ...rest }: BulkMenuProps<Name>) {
  // Kept, because the list and its filter change under the dialog, and after it.
  const [open, setOpen] = useState<Pick<BulkDialogProps<Name>, "target" | "operation"> & { readonly key: number }>();
  const [isHidden, setHidden] = useState(false);
  const { count } = target;
  const start = (operation: BulkOperation<Name>): void => {
    setHidden(false);
    setOpen((before) => ({ target, operation, key: (before?.key ?? 0) + 1 }));
  };
  return (
    <>
      <ToolbarItem>
        <ActionMenu
          label={count > 0 ? `With ${formatCount(count)} selected` : "With selected"}
          isDisabled={count === 0}
          actions={operations.map((operation) => ({
            title: operation.title,
            isDanger: operation.isDanger ?? false,
            onClick: () => start(operation),
          }))}
        />
      </ToolbarItem>
      {open && isHidden && (
        <ToolbarItem>
          <Button variant="link" onClick={() => setHidden(false)}>
            Show the last result
          </Button>
        </ToolbarItem>
      )}
      {open && (
        <BulkDialog
          {...rest}
          {...open}
          isHidden={isHidden}
          onHide={() => setHidden(true)}
          onClose={() => setOpen(undefined)}
        />
      )}
    </>
  );
}

interface BulkDialogProps<Name extends string> extends Omit<BulkMenuProps<Name>, "operations"> {
  readonly operation: BulkOperation<Name>;
  readonly isHidden: boolean;
  /** Closes a result that says what was not done. */
  readonly onHide: () => void;
  readonly onClose: () => void;
}

/** Asks for confirmation, runs the operation, and lists the objects that could not be changed with the reasons. */
function BulkDialog<Name extends string>(props: BulkDialogProps<Name>) {
  const { nouns, target, operation: chosen, isHidden, onHide, onClose } = props;
  const { title, done } = chosen;
  const [input, setInput] = useState(newInput);
  const { report, isRunning, isStopping, rejection, start, resume, stop } = useBulkRun(props);
  if (report && isRunning) {
    return (
      <BulkProgress
        title={`${title}: ${countOf(report.total, nouns)}`}
        report={report}
        nouns={nouns}
        isStopping={isStopping}
        onStop={stop}
      />
    );
  }
  if (report) {
    return isHidden ? null : (
      <BulkResult
        report={report}
        nouns={nouns}
        done={done}
        areSelected={typeof target.selected !== "function"}
        onContinue={() => resume(report)}
        onRetry={() => resume(retryRefused(report))}
        onClose={onHide}
      />
    );
  }
  return <BulkForm {...{ nouns, target, rejection, input, setInput, onClose }} operation={chosen} onStart={start} />;
}

/** The fields of all operations. */
interface BulkInput {
  readonly planId: string;
  readonly text: MessageText;
  /** Tells the server which messages are the same, however often it is sent. */
  readonly messageKey: string;
}

const newInput = (): BulkInput => ({ planId: "", text: { subject: "", body: "" }, messageKey: randomKey() });

/** `crypto.randomUUID` is missing where a portal has no HTTPS. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const detailsOf = ({ plans, isMessage }: BulkOperation<string>, { planId, text, messageKey }: BulkInput): Details => ({
  ...(plans && { plan_id: Number(planId) }),
  ...(isMessage && { message: { ...text, key: messageKey } }),
});

/** A stopped operation waits so long for the response to the last request. */
const stopMs = 5000;
/** No response comes later than this: the request was lost. */
const requestMs = 120_000;

/** Runs the operation part by part, and reports how far it has come. */
function useBulkRun<Name extends string>(props: BulkDialogProps<Name>) {
  const { nouns, target, operation: chosen, stale, onDone, onClose } = props;
  const { operation, done } = chosen;
  const client = useQueryClient();
  const toast = useToast();
  const [report, setReport] = useState<BulkReport>();
  const [isRunning, setRunning] = useState(false);
  const [isStopping, setStopping] = useState(false);
  const [rejection, setRejection] = useState<ApiProblem>();
  const running = useRef<{
    readonly isEnded: boolean;
    isStopped: boolean;
    readonly aborter: AbortController;
    readonly details: Details;
  }>(undefined);

  const end = (last: BulkReport): void => {
    void refreshQueries(client, stale);
    onDone([...last.done, ...last.unchanged]);
    if (last.rest.length + last.refused.length > 0) return;
    const already = last.unchanged.length > 0 && {
      detail: `${describeDone(last.unchanged.length, nouns, done)} already.`,
    };
    toast({ kind: "success", title: describeDone(last.done.length, nouns, done), ...already });
    onClose();
  };
  const run = async (from: BulkReport, details: Details): Promise<void> => {
    if (running.current?.isEnded === false) return;
    const current = { isEnded: false, isStopped: false, aborter: new AbortController(), details };
    running.current = current;
    setReport(from);
    setRunning(true);
    setStopping(false);
    let refusal: ApiProblem | undefined;
    const last = await runBulk(from, {
      isDeletion: chosen.isDeletion === true,
      isStopped: () => current.isStopped,
      onProgress: setReport,
      act: async (ids) => {
        const signal = AbortSignal.any([current.aborter.signal, AbortSignal.timeout(requestMs)]);
        try {
          return await target.act({ ids, operation, ...details }, signal);
        } catch (error) {
          if (error instanceof ApiProblem && error.status < 500) refusal = error;
          throw error;
        }
      },
    });
    running.current = { ...current, isEnded: true };
    setRunning(false);
    // The server has refused the operation itself, so the form says why.
    const isRejected = refusal !== undefined && last.rest.length === last.total && last.unsureCount === 0;
    setRejection(isRejected ? refusal : undefined);
    setReport(isRejected ? undefined : last);
    if (!isRejected) end(last);
  };
  return {
    report,
    isRunning,
    isStopping,
    rejection,
    start: (selected: readonly Selected[], details: Details) => void run(startReport(selected), details),
    resume: (from: BulkReport) => void run(from, running.current?.details ?? {}),
    stop: (): void => {
      const { current } = running;
      if (!current || current.isStopped) return;
      current.isStopped = true;
      setStopping(true);
      setTimeout(() => current.aborter.abort(), stopMs);
    },
  };
}

interface BulkFormProps<Name extends string> extends Pick<
  BulkDialogProps<Name>,
  "nouns" | "target" | "operation" | "onClose"
> {
  readonly rejection: ApiProblem | undefined;
  readonly input: BulkInput;
  readonly setInput: (input: BulkInput) => void;
  readonly onStart: (selected: readonly Selected[], details: Details) => void;
}

/** Asks for confirmation. All that match are read when it opens, so their number is exact, and only they are changed. */
function BulkForm<Name extends string>(props: BulkFormProps<Name>) {
  const { nouns, target, operation, rejection, input, setInput, onStart, onClose } = props;
  const { title, consequence, plans, isMessage = false, isDanger = false } = operation;
  useRejectionToast(rejection, `The ${nouns[1]} could not be ${operation.done}`);
  const { selected } = target;
  const opening = useId();
  const query = useQuery({
    queryKey: ["matching", nouns[1], opening],
    queryFn: () => (typeof selected === "function" ? selected() : selected),
    ...(typeof selected !== "function" && { initialData: selected }),
    ...readOnce,
  });
  const { data } = query;
  return (
    <FormDialog
      title={`${title}: ${data ? countOf(data.length, nouns) : `all selected ${nouns[1]}`}`}
      description={consequence}
      submit={title}
      isDanger={isDanger}
      isBusy={false}
      isDisabled={!data?.length || (plans !== undefined && !input.planId)}
      onSubmit={() => data && onStart(data, detailsOf(operation, input))}
      onClose={onClose}
    >
      <Loaded query={query} skeleton={<Skeleton screenreaderText={`Loading the ${nouns[1]}`} />}>
        {(rows) => <SelectedNames selected={rows} />}
      </Loaded>
      {plans && (
        <SelectField
          id="plan_id"
          label="New plan"
          isRequired
          errors={rejection?.errors["plan_id"]}
          value={input.planId}
          options={planOptions(plans)}
          onChange={(planId) => setInput({ ...input, planId })}
        />
      )}
      {isMessage && (
        <MessageFields
          text={input.text}
          {...(rejection && { errors: rejection.errors })}
          onChange={(text) => setInput({ ...input, text })}
        />
      )}
    </FormDialog>
  );
}

/** The fields of the dialog show these. */
const shownErrors: ReadonlySet<string> = new Set(["plan_id", "message.subject", "message.body"]);

/** Shows the rejection in the dialog, which registers for messages when it opens. */
function useRejectionToast(rejection: ApiProblem | undefined, failed: string): void {
  const toast = useToast();
  useEffect(() => {
    if (!rejection) return;
    const names = Object.keys(rejection.errors);
    const isShown = names.length > 0 && names.every((name) => shownErrors.has(name));
    toast({ kind: "danger", about: failed, title: failed, ...(!isShown && { detail: rejection.message }) });
  }, [toast, rejection, failed]);
}

/** What the person confirms must not change under the confirmation. */
const readOnce = { staleTime: Infinity, gcTime: 0, refetchOnReconnect: false, refetchOnWindowFocus: false } as const;

const shownMax = 10;

/** Names the selected objects, so that the admin can check them. */
const SelectedNames = ({ selected }: { selected: readonly Selected[] }) => (
  <List isPlain className="bellwire-break">
    {selected.slice(0, shownMax).map(({ id, name }) => (
      <ListItem key={id}>
        <Name>{name}</Name>
      </ListItem>
    ))}
    {selected.length > shownMax && <ListItem>and {formatCount(selected.length - shownMax)} more</ListItem>}
  </List>
);

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
  /** An object that is gone needs no deletion. */
  readonly isDeletion?: boolean;
  /** The plans to choose from, if the operation needs one. */
  readonly plans?: readonly PlanOnOffer[];
  /** Asks for a message. */
  readonly isMessage?: boolean;
}
