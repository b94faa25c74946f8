import { Button, Content } from "@patternfly/react-core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { countOf } from "../../components/counts.ts";
import { errorMessage, isServerAway } from "../../api/api-problem.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import type { Failure } from "../../api/deliveries.ts";
import { type ListFilter, filterQuery } from "../../api/filters.ts";
import { type JobFilter, changedByJobs } from "../../api/jobs.ts";
import { useSession } from "../../api/session.tsx";
import { useIsDeletedEndpoint } from "../../components/endpoint/endpoint-filter.tsx";
import { TextField } from "../../components/form/fields.tsx";
import { DeleteDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { useChange, useMutationOnce } from "../../components/form/use-change.ts";
import { EventTypeName } from "../../components/history-table.tsx";
import { BulkBar, type BulkSelection, useBulkSelection } from "../../components/jobs/bulk-bar.tsx";
import { describeRestored } from "../../components/jobs/job-words.ts";
import { EndpointLink, Name } from "../../components/labels.tsx";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { useTypedTime } from "../../components/form/typed-time.tsx";
import { knownTimeZone } from "../../components/time-zone.ts";
import { When, describeMoment } from "../../components/time.tsx";
import { type Outcome, useToast } from "../../components/toast-context.ts";
import { useUndoToast } from "../../components/undo-toast.ts";

interface FailureListProps {
  readonly failures: readonly Failure[];
  readonly filter: ListFilter;
  /** Later failures are not shown yet, and not part of "all". */
  readonly upTo: Date;
  /** Receives whether rows are selected, which new rows must not push off the list. */
  readonly keepRows: (isKept: boolean) => void;
}

export function FailureList({ failures, filter, upTo, keepRows }: FailureListProps) {
  const selection = useBulkSelection(failures.map(({ delivery_id }) => delivery_id));
  const hasSelection = selection.ids.size > 0 || selection.isAll;
  useEffect(() => {
    keepRows(hasSelection);
    return () => keepRows(false);
  }, [keepRows, hasSelection]);
  // "This failure and all older ones".
  const [newestToDelete, setNewestToDelete] = useState<Failure>();
  const [untilMost, setUntilMost] = useState<Date>();
  const { retry, remove, isBusy } = useFailureActions();
  const retried = retry.isPending ? retry.variables.delivery_id : undefined;
  const { endpoint_id, ...others } = filter;
  const ofEndpoint = endpoint_id === undefined ? {} : { endpoint_id: Number(endpoint_id) };
  // Deletions up to a time know no other filter. The job on all that match does.
  const isDeletedByTime = Object.keys(others).length === 0 && !endpoint_id?.includes(",");
  const close = (): void => {
    setNewestToDelete(undefined);
    setUntilMost(undefined);
  };
  // The dialog stays open until the action is done, because it shows a rejection.
  const removeChosen = (chosen: readonly Chosen[]): void =>
    remove.mutate(chosen, {
      onSuccess: ({ deleted, error }) => {
        if (error === undefined || deleted > 0) close();
      },
    });

  return (
    <>
      <BulkBar
        of="failures"
        filter={shownUntil(failures, filterQuery(filter), upTo)}
        selection={selection}
        kinds={bulkKinds}
      />
      <FailuresTable
        failures={failures}
        selection={selection}
        isBusy={isBusy}
        retried={retried}
        onRetry={retry.mutate}
        onDeleteUpTo={isDeletedByTime ? setNewestToDelete : undefined}
      />
      {isDeletedByTime && (
        <Button variant="link" isDanger isAriaDisabled={isBusy} onClick={() => setUntilMost(upTo)}>
          Delete older failures…
        </Button>
      )}
      {newestToDelete && (
        <DeleteFailuresDialog
          label="this failure and all older ones"
          isBusy={remove.isPending}
          onClose={close}
          onConfirm={() => removeChosen(chooseUpTo(failures, newestToDelete, ofEndpoint))}
        />
      )}
      {untilMost && (
        <DeleteUntilDialog
          upTo={untilMost}
          isBusy={remove.isPending}
          onClose={close}
          onDelete={(until) => removeChosen([{ ...ofEndpoint, until: until.toISOString() }])}
        />
      )}
    </>
  );
}

/** Returns the filter of all that match, without failures that are newer than the list: a job would apply to those that nobody has seen. */
function shownUntil(failures: readonly Timed[], filter: JobFilter, upTo: Date): JobFilter {
  const newest = failures.reduce(
    (latest, { failed_at }) => (failed_at > latest ? failed_at : latest),
    upTo.toISOString(),
  );
  return { until: newest, ...filter };
}

const bulkKinds = ["retry", "replay", "export", "delete_failures"] as const;

const deleteUpTo = "Delete this and all older failures";

interface FailuresTableProps {
  readonly failures: readonly Failure[];
  /** By the ids of deliveries. */
  readonly selection: BulkSelection;
  readonly isBusy: boolean;
  /** The id of the delivery that is being retried. */
  readonly retried: string | undefined;
  readonly onRetry: (failure: Failure) => void;
  readonly onDeleteUpTo: ((failure: Failure) => void) | undefined;
}

function FailuresTable({ failures, selection, isBusy, retried, onRetry, onDeleteUpTo }: FailuresTableProps) {
  // A failure of a deleted endpoint stays on the list, but cannot be retried.
  const isDeleted = useIsDeletedEndpoint();
  const columns = useMemo(() => [...firstColumns, endpointColumn(isDeleted), failedColumn], [isDeleted]);
  const actionsOf = useCallback(
    (failure: Failure) => [
      ...(isDeleted(failure.endpoint_id) ? [] : [{ title: "Retry", onClick: () => onRetry(failure) }]),
      ...(onDeleteUpTo ? [{ title: deleteUpTo, isDanger: true, onClick: () => onDeleteUpTo(failure) }] : []),
    ],
    [isDeleted, onRetry, onDeleteUpTo],
  );
  const { timeZone } = useSession();
  const nameOf = useCallback(
    ({ event_type, account_name, endpoint_name, failed_at }: Failure) =>
      `${event_type} of ${account_name} to ${endpoint_name}, ${describeMoment(new Date(failed_at), timeZone)}`,
    [timeZone],
  );
  return (
    <ListTable
      label="Failures"
      rows={failures}
      columns={columns}
      keyOf={({ delivery_id }) => delivery_id}
      nameOf={nameOf}
      selection={selection}
      actionsOf={actionsOf}
      isBusy={isBusy}
      busyKey={retried}
    />
  );
}

const firstColumns: readonly ListColumn<Failure>[] = [
  {
    title: "Event",
    show: ({ delivery_id, event_type }) => (
      <Link to="/deliveries/$id" params={{ id: delivery_id }}>
        <EventTypeName type={event_type} />
      </Link>
    ),
    place: "title",
  },
  {
    title: "Account",
    show: ({ account_id, account_name }) => <Name>{account_name || `Account ${account_id}`}</Name>,
    place: "start",
    isName: true,
  },
  { title: "Error", show: ({ error }) => error, place: "below", isName: true },
];

const endpointColumn = (isDeleted: (id: number) => boolean): ListColumn<Failure> => ({
  title: "Endpoint",
  show: ({ endpoint_id, endpoint_name, url_masked }) => (
    <span title={url_masked}>
      <EndpointLink id={endpoint_id} name={endpoint_name} isDeleted={isDeleted(endpoint_id)} />
    </span>
  ),
  place: "middle",
  isName: true,
});

const failedColumn: ListColumn<Failure> = {
  title: "Failed",
  show: ({ failed_at }) => <When at={failed_at} />,
  place: "end",
};

/** The actions that need no job: the retry of one failure, and deletions up to a time, which can be undone. */
function useFailureActions() {
  const api = useApi();
  const toast = useToast();
  const failed = "The failure could not be retried";
  const retry = useChange({
    change: ({ endpoint_id, id }: Failure) =>
      responseBody(api.POST("/api/v1/failures/retry", { body: { endpoint_id, ids: [id] } })),
    stale: changedByJobs,
    onDone: ({ retried }) =>
      retried > 0
        ? toast({ kind: "success", title: "The failure will be retried", about: failed })
        : toast({ kind: "warning", title: "No failure was retried", detail: "It had left the list.", about: failed }),
    failed,
  });
  const remove = useDeletion();
  return { retry, remove, isBusy: retry.isPending || remove.isPending };
}

/** Deletes the chosen failures, one request at a time, and offers to undo the whole deletion. */
function useDeletion() {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const toastWithUndo = useUndoToast();
  return useMutationOnce({
    mutationFn: async (chosen: readonly Chosen[]): Promise<Deletion> => {
      const deletionIds: number[] = [];
      let deleted = 0;
      for (const query of chosen) {
        try {
          // Sequential: each request is a transaction on the same rows.
          const answer = await responseBody(api.DELETE("/api/v1/failures", { params: { query } }));
          deletionIds.push(answer.deletion_id);
          deleted += answer.deleted;
        } catch (error) {
          return { deleted, deletionIds, error };
        }
      }
      return { deleted, deletionIds };
    },
    onSuccess: async ({ deleted, deletionIds, error }) => {
      const undo = createUndo(deletionIds, (id) =>
        responseBody(api.POST("/api/v1/failures/deletions/{id}/undo", { params: { path: { id } } })),
      );
      const failure = error === undefined ? undefined : errorMessage(error);
      if (deleted > 0) {
        const change = { undone: describeUndo, undo, stale: [["failures"]] };
        if (failure === undefined) toastWithUndo({ ...change, title: `${counted(deleted)} deleted` });
        else toastWithUndo({ ...change, title: `Only ${counted(deleted)} deleted`, failure });
      } else if (failure === undefined) {
        toast({ kind: "warning", title: "No failure was deleted", detail: "They had left the list." });
      } else {
        toast({ kind: "danger", title: "The failures could not be deleted", detail: failure });
      }
      await client.invalidateQueries({ queryKey: ["failures"] });
    },
  });
}

interface Undo {
  readonly restored: number;
  /** Why some of the failures did not return. */
  readonly error?: unknown;
}

/** Undoes deletions that one press made. A further try undoes only the rest, and counts all. */
function createUndo(
  deletionIds: readonly number[],
  undoOne: (id: number) => Promise<{ readonly restored: number }>,
): () => Promise<Undo> {
  const left = new Set(deletionIds);
  let restored = 0;
  return async () => {
    let refusal: Error | undefined;
    for (const id of left) {
      try {
        restored += (await undoOne(id)).restored;
        left.delete(id);
      } catch (error) {
        if (isServerAway(error) || !(error instanceof Error)) throw error;
        refusal ??= error;
      }
    }
    if (refusal !== undefined && restored === 0) throw refusal;
    return { restored, error: refusal };
  };
}

const describeUndo = ({ restored, error }: Undo): Outcome =>
  error === undefined
    ? describeRestored(restored)
    : { kind: "warning", title: `Only ${counted(restored)} on the list again`, detail: errorMessage(error) };

interface Deletion {
  readonly deleted: number;
  readonly deletionIds: readonly number[];
  /** The error that stopped the deletion early. */
  readonly error?: unknown;
}

/** A choice of failures: some of an endpoint, or those up to a time. */
type Chosen =
  | { readonly endpoint_id: number; readonly ids: string[] }
  | { readonly endpoint_id?: number; readonly until: string };

/** The fields that identify a failure. */
type Named = Pick<Failure, "endpoint_id" | "id">;
type Timed = Named & Pick<Failure, "failed_at">;

/**
 * Chooses a failure and all older ones, of the endpoint if there is one. The API takes whole seconds, which may contain
 * later failures: of its own second, only the shown ones that are not newer are chosen. They are named by endpoint,
 * because an event that failed at two endpoints has the same id at both.
 */
export function chooseUpTo(listed: readonly Timed[], last: Timed, filter: { endpoint_id?: number }): readonly Chosen[] {
  const second = secondOf(last);
  const ofItsSecond = listed.filter((failure) => secondOf(failure) === second && failure.failed_at <= last.failed_at);
  const byEndpoint = [...Map.groupBy(ofItsSecond, ({ endpoint_id }) => endpoint_id)];
  return [
    { ...filter, until: new Date(second * 1000 - 1).toISOString() },
    ...byEndpoint.flatMap(([endpoint_id, failures]) =>
      inParts(failures.map(({ id }) => id)).map((ids) => ({ endpoint_id, ids })),
    ),
  ];
}

/** A deletion takes this many ids, and a request line of 16 KiB not many more. */
const idsMax = 200;

const inParts = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / idsMax) }, (_, part) => ids.slice(part * idsMax, (part + 1) * idsMax));

const secondOf = ({ failed_at }: Timed): number => Math.floor(Date.parse(failed_at) / 1000);

const counted = (count: number): string => countOf(count, ["failure", "failures"]);

interface DeleteFailuresDialogProps {
  /** The failures in words: "this failure and all older ones". */
  readonly label: string;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

const deletionHint =
  "They leave the list and are not retried. Their deliveries stay readable. You can undo this for a minute.";

function DeleteFailuresDialog({ label, isBusy, onConfirm, onClose }: DeleteFailuresDialogProps) {
  const title = `Delete ${label}?`;
  return (
    <DeleteDialog title={title} isBusy={isBusy} onConfirm={onConfirm} onClose={onClose}>
      {deletionHint}
    </DeleteDialog>
  );
}

interface DeleteUntilDialogProps {
  /** Later failures were not shown when the dialog opened, and stay. */
  readonly upTo: Date;
  readonly isBusy: boolean;
  readonly onDelete: (until: Date) => void;
  readonly onClose: () => void;
}

/** Deletes the failures up to a time, as the Account Management API's `time` does. */
function DeleteUntilDialog({ upTo, isBusy, onDelete, onClose }: DeleteUntilDialogProps) {
  const { timeZone } = useSession();
  const { text, setText, moment: typed, repeated } = useTypedTime("failed_until");
  const isLater = typed !== undefined && typed > upTo;
  const until = isLater ? upTo : typed;
  return (
    <FormDialog
      title="Delete older failures"
      submit="Delete"
      isDanger
      isBusy={isBusy}
      isDisabled={!until}
      onSubmit={() => until && !isBusy && onDelete(until)}
      onClose={onClose}
    >
      <TextField
        id="failed_until"
        label="Failed up to"
        isRequired
        hint={`In the time zone of these pages, ${knownTimeZone(timeZone)}`}
        value={text}
        input={{ type: "datetime-local", step: 1 }}
        onChange={setText}
      />
      {repeated}
      {until && (
        <Content component="p">
          Deletes the failures up to {describeMoment(until, timeZone)}, including those not shown here. Later failures
          {isLater && " and new ones"} stay.
        </Content>
      )}
      <Content component="p">{deletionHint}</Content>
    </FormDialog>
  );
}
