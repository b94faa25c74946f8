import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "@tanstack/react-router";

import type { Failure } from "../../api/failure-queries.ts";
import { useIsDeletedEndpoint } from "../../components/endpoint/use-is-deleted-endpoint.ts";
import { EventTypeName } from "../../components/event-type-name.tsx";
import { RowActions } from "../../components/row-actions.tsx";
import { When } from "../../components/when.tsx";

export interface FailuresTableProps {
  readonly failures: readonly Failure[];
  /** Ids of deliveries. */
  readonly ticked: ReadonlySet<string>;
  readonly isBusy: boolean;
  readonly onTick: (deliveryIds: readonly string[], isTicked: boolean) => void;
  readonly onRetry: (failure: Failure) => void;
  readonly onDeleteUpTo: (failure: Failure) => void;
}

export function FailuresTable({ failures, ticked, isBusy, onTick, onRetry, onDeleteUpTo }: FailuresTableProps) {
  // What is of one stays on the list, and there is nowhere to send it.
  const isDeleted = useIsDeletedEndpoint();
  const areAllTicked = failures.every(({ delivery_id }) => ticked.has(delivery_id));
  return (
    <Table aria-label="Failures" variant="compact">
      <Thead>
        <Tr>
          <Th
            aria-label="Select all that are shown"
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
          <Th modifier="nowrap">What went wrong</Th>
          <Th modifier="nowrap">Where to</Th>
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
              {failure.account_name}
            </Td>
            <Td dataLabel="What went wrong" modifier="breakWord">
              {failure.error}
            </Td>
            <Td dataLabel="Where to" modifier="breakWord">
              {failure.endpoint_name}
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
                  { title: "Delete this one and all older", isDanger: true, onClick: () => onDeleteUpTo(failure) },
                ]}
              />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
