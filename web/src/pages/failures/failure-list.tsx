import { Button, Toolbar, ToolbarContent, ToolbarItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { type Failure, type FailureFilter, failureCountQuery } from "../../api/deliveries.ts";
import { useSession } from "../../api/session.tsx";
import { RowActions } from "../../components/action-menu.tsx";
import { useIsDeletedEndpoint } from "../../components/endpoint/endpoint-filter.tsx";
import { EventTypeName } from "../../components/history-table.tsx";
import { When, describeMoment } from "../../components/time.tsx";
import { DeleteFailuresDialog, DeleteUntilDialog, type ToDelete } from "./delete-failures-dialogs.tsx";
import { type Chosen, chooseFailures, chooseUpTo, counted, useFailureActions } from "./failure-actions.ts";
import { Name } from "../../components/labels.tsx";

export interface FailureListProps {
  readonly failures: readonly Failure[];
  readonly filter: FailureFilter;
  /** Later failures are not shown yet, and not part of "all". */
  readonly upTo: Date;
}

export function FailureList({ failures, filter: { endpoint_id }, upTo }: FailureListProps) {
  const { timeZone } = useSession();
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [toDelete, setToDelete] = useState<ToDelete>();
  const [untilMost, setUntilMost] = useState<Date>();
  const { retry, remove, isBusy, progress } = useFailureActions();
  const { data: count = 0 } = useQuery(failureCountQuery(useApi()));
  const allFailures = endpoint_id === undefined ? describeAll(count) : "all failures of this endpoint";
  const ofEndpoint = endpoint_id === undefined ? {} : { endpoint_id };
  // A failure that was retried meanwhile has left the list, and must not be counted.
  const selected = failures.filter(({ delivery_id }) => ticked.has(delivery_id));
  const chosen = chooseFailures(selected);

  const tick = (deliveryIds: readonly string[], isTicked: boolean): void =>
    setTicked((before) => (isTicked ? before.union(new Set(deliveryIds)) : before.difference(new Set(deliveryIds))));
  // A delivery that fails again has the same id, and must not be selected again.
  const retrySelected = (): void => retry.mutate(chosen, { onSuccess: () => setTicked(new Set()) });
  const retryAll = (): void => retry.mutate([endpoint_id === undefined ? { all: true } : { endpoint_id }]);
  const close = (): void => {
    setToDelete(undefined);
    setUntilMost(undefined);
  };
  // The dialog stays open until the action is done, because it shows a rejection.
  const removeChosen = (these: readonly Chosen[]): void =>
    remove.mutate(these, {
      onSuccess: ({ error }) => {
        if (error === undefined) close();
      },
    });

  return (
    <>
      <FailureToolbar
        selectedCount={selected.length}
        allFailures={allFailures}
        isBusy={isBusy}
        progress={progress}
        onRetrySelected={retrySelected}
        onRetryAll={retryAll}
        onDeleteSelected={() => setToDelete({ chosen, label: counted(selected.length).replace(" ", " selected ") })}
        onDeleteAll={() =>
          setToDelete({
            chosen: [{ ...ofEndpoint, until: upTo.toISOString() }],
            label: endpoint_id === undefined ? "all failures" : allFailures,
            note: `This includes failures up to ${describeMoment(upTo, timeZone)} that are not shown here. Later ones stay.`,
          })
        }
        onDeleteUntil={() => setUntilMost(upTo)}
      />
      <FailuresTable
        failures={failures}
        ticked={ticked}
        isBusy={isBusy}
        onTick={tick}
        onRetry={(failure) => retry.mutate(chooseFailures([failure]))}
        onDeleteUpTo={(failure) =>
          setToDelete({
            chosen: chooseUpTo(failures, failure, ofEndpoint),
            label: "this failure and all older ones",
          })
        }
      />
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

/** Returns "all 31 failures". The count is 0 while it loads. */
const describeAll = (count: number): string => (count > 1 ? `all ${counted(count)}` : "all failures");

export interface FailureToolbarProps {
  readonly selectedCount: number;
  /** The failures that are affected without a selection, in words: "all 31 failures". */
  readonly allFailures: string;
  readonly isBusy: boolean;
  /** The progress of a long action. */
  readonly progress: string | undefined;
  readonly onRetrySelected: () => void;
  readonly onRetryAll: () => void;
  readonly onDeleteSelected: () => void;
  readonly onDeleteAll: () => void;
  readonly onDeleteUntil: () => void;
}

function FailureToolbar(props: FailureToolbarProps) {
  const { selectedCount, isBusy } = props;
  const hasSelection = selectedCount > 0;
  const selectedFailures = `${selectedCount} selected ${selectedCount === 1 ? "failure" : "failures"}`;
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <ToolbarItem>
          <Button isDisabled={isBusy} onClick={hasSelection ? props.onRetrySelected : props.onRetryAll}>
            Retry {hasSelection ? selectedFailures : props.allFailures}
          </Button>
        </ToolbarItem>
        <ToolbarItem>
          <Button
            variant="secondary"
            isDanger
            isDisabled={isBusy}
            onClick={hasSelection ? props.onDeleteSelected : props.onDeleteAll}
          >
            Delete {hasSelection ? selectedFailures : props.allFailures}
          </Button>
        </ToolbarItem>
        <ToolbarItem>
          <Button variant="link" isDanger isDisabled={isBusy} onClick={props.onDeleteUntil}>
            Delete older failures…
          </Button>
        </ToolbarItem>
        <ToolbarItem alignSelf="center">
          <span role="status">{props.progress}</span>
        </ToolbarItem>
      </ToolbarContent>
    </Toolbar>
  );
}

export interface FailuresTableProps {
  readonly failures: readonly Failure[];
  /** Ids of deliveries. */
  readonly ticked: ReadonlySet<string>;
  readonly isBusy: boolean;
  readonly onTick: (deliveryIds: readonly string[], isTicked: boolean) => void;
  readonly onRetry: (failure: Failure) => void;
  readonly onDeleteUpTo: (failure: Failure) => void;
}

function FailuresTable({ failures, ticked, isBusy, onTick, onRetry, onDeleteUpTo }: FailuresTableProps) {
  // A failure of a deleted endpoint stays on the list, but cannot be retried.
  const isDeleted = useIsDeletedEndpoint();
  const areAllTicked = failures.every(({ delivery_id }) => ticked.has(delivery_id));
  return (
    <Table aria-label="Failures" variant="compact">
      <Thead>
        <Tr>
          <Th
            aria-label="Select all rows"
            select={{
              isSelected: areAllTicked,
              onSelect: (_, isTicked) =>
                onTick(
                  failures.map(({ delivery_id }) => delivery_id),
                  isTicked,
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
                isSelected: ticked.has(failure.delivery_id),
                onSelect: (_, isTicked) => onTick([failure.delivery_id], isTicked),
              }}
            />
            <Td dataLabel="Event">
              <Link to="/deliveries/$id" params={{ id: failure.delivery_id }}>
                <EventTypeName type={failure.event_type} />
              </Link>
            </Td>
            <Td dataLabel="Account" modifier="breakWord">
              <Name>{failure.account_name}</Name>
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
                  { title: "Delete this and all older failures", isDanger: true, onClick: () => onDeleteUpTo(failure) },
                ]}
              />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
