import { Button } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Failure } from "../../api/deliveries.ts";
import { type ListFilter, filterQuery } from "../../api/filters.ts";
import { RowActions } from "../../components/action-menu.tsx";
import { useIsDeletedEndpoint } from "../../components/endpoint/endpoint-filter.tsx";
import { EventTypeName } from "../../components/history-table.tsx";
import { BulkBar, type BulkSelection, useBulkSelection } from "../../components/jobs/bulk-bar.tsx";
import { When } from "../../components/time.tsx";
import { DeleteFailuresDialog, DeleteUntilDialog, type ToDelete } from "./delete-failures-dialogs.tsx";
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
  const [toDelete, setToDelete] = useState<ToDelete>();
  const [untilMost, setUntilMost] = useState<Date>();
  const { retry, remove, isBusy } = useFailureActions();
  const { endpoint_id, ...others } = filter;
  const ofEndpoint = endpoint_id === undefined ? {} : { endpoint_id: Number(endpoint_id) };
  // Deletions up to a time know no other filter. The job on all that match does.
  const isDeletedByTime = Object.keys(others).length === 0 && !endpoint_id?.includes(",");
  const close = (): void => {
    setToDelete(undefined);
    setUntilMost(undefined);
  };
  const askToDeleteUpTo = (failure: Failure): void =>
    setToDelete({ chosen: chooseUpTo(failures, failure, ofEndpoint), label: "this failure and all older ones" });
  // The dialog stays open until the action is done, because it shows a rejection.
  const removeChosen = (these: readonly Chosen[]): void =>
    remove.mutate(these, {
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
        onRetry={(failure) => retry.mutate(failure)}
        onDeleteUpTo={isDeletedByTime ? askToDeleteUpTo : undefined}
      />
      {isDeletedByTime && (
        <Button variant="link" isDanger isDisabled={isBusy} onClick={() => setUntilMost(upTo)}>
          Delete older failures…
        </Button>
      )}
      {toDelete && (
        <DeleteFailuresDialog
          toDelete={toDelete}
          isBusy={remove.isPending}
          onClose={close}
          onConfirm={() => removeChosen(toDelete.chosen)}
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
  const { ids, isAll, onTick } = selection;
  const isTicked = ({ delivery_id }: Failure): boolean => isAll || ids.has(delivery_id);
  return (
    <Table aria-label="Failures" variant="compact">
      <Thead>
        <Tr>
          <Th
            aria-label="Select all rows"
            select={{
              isSelected: failures.every(isTicked),
              onSelect: (_, isOn) =>
                onTick(
                  failures.map(({ delivery_id }) => delivery_id),
                  isOn,
                ),
            }}
          />
          <Th modifier="nowrap">Event</Th>
          <Th modifier="nowrap">Account</Th>
          <Th modifier="nowrap">Error</Th>
          <Th modifier="nowrap">Endpoint</Th>
          <Th modifier="nowrap">Failed</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <Tbody>
        {failures.map((failure, rowIndex) => (
          <Tr key={failure.delivery_id}>
            <Td
              select={{
                rowIndex,
                isSelected: isTicked(failure),
                onSelect: (_, isOn) => onTick([failure.delivery_id], isOn),
              }}
            />
            <Td dataLabel="Event">
              <Link to="/deliveries/$id" params={{ id: failure.delivery_id }}>
                <EventTypeName type={failure.event_type} />
              </Link>
            </Td>
            <Td dataLabel="Account" modifier="breakWord">
              <Name>{failure.account_name || `Account ${failure.account_id}`}</Name>
            </Td>
            <Td dataLabel="Error" modifier="breakWord">
              {failure.error}
            </Td>
            <Td dataLabel="Endpoint" modifier="breakWord">
              <Name>{failure.endpoint_name}</Name>
              {isDeleted(failure.endpoint_id) && " (deleted)"}
              <div className="bellwire-mono bellwire-subtle">{failure.url_masked}</div>
            </Td>
            <Td dataLabel="Failed">
              <When at={failure.failed_at} />
            </Td>
            <Td isActionCell>
              <RowActions
                of={`row ${rowIndex + 1}, ${failure.event_type} of ${failure.account_name}`}
                isDisabled={isBusy}
                items={[
                  ...(isDeleted(failure.endpoint_id) ? [] : [{ title: "Retry", onClick: () => onRetry(failure) }]),
                  ...(onDeleteUpTo
                    ? [{ title: deleteUpTo, isDanger: true, onClick: () => onDeleteUpTo(failure) }]
                    : []),
                ]}
              />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
