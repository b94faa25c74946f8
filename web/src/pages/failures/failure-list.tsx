import { Button } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import type { Failure } from "../../api/deliveries.ts";
import { type ListFilter, filterQuery } from "../../api/filters.ts";
import { useSession } from "../../api/session.tsx";
import { useIsDeletedEndpoint } from "../../components/endpoint/endpoint-filter.tsx";
import { EventTypeName } from "../../components/history-table.tsx";
import { BulkBar, type BulkSelection, useBulkSelection } from "../../components/jobs/bulk-bar.tsx";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { When, describeMoment } from "../../components/time.tsx";
import { DeleteFailuresDialog, DeleteUntilDialog } from "./delete-failures-dialogs.tsx";
import { type Chosen, chooseUpTo, useFailureActions } from "./failure-actions.ts";
import { Name } from "../../components/labels.tsx";

export interface FailureListProps {
  readonly failures: readonly Failure[];
  readonly filter: ListFilter;
  /** Later failures are not shown yet, and not part of "all". */
  readonly upTo: Date;
}

export function FailureList({ failures, filter, upTo }: FailureListProps) {
  const selection = useBulkSelection(failures.map(({ delivery_id }) => delivery_id));
  // "This failure and all older ones".
  const [newestToDelete, setNewestToDelete] = useState<Failure>();
  const [untilMost, setUntilMost] = useState<Date>();
  const { retry, remove, isBusy } = useFailureActions();
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
      onSuccess: ({ error }) => {
        if (error === undefined) close();
      },
    });

  return (
    <>
      <BulkBar of="failures" filter={filterQuery(filter)} selection={selection} kinds={bulkKinds} />
      <FailuresTable
        failures={failures}
        selection={selection}
        isBusy={isBusy}
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

const bulkKinds = ["retry", "replay", "export", "delete_failures"] as const;

const deleteUpTo = "Delete this and all older failures";

export interface FailuresTableProps {
  readonly failures: readonly Failure[];
  /** By the ids of deliveries. */
  readonly selection: BulkSelection;
  readonly isBusy: boolean;
  readonly onRetry: (failure: Failure) => void;
  readonly onDeleteUpTo: ((failure: Failure) => void) | undefined;
}

function FailuresTable({ failures, selection, isBusy, onRetry, onDeleteUpTo }: FailuresTableProps) {
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
      <Name>{endpoint_name}</Name>
      {isDeleted(endpoint_id) && " (deleted)"}
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
