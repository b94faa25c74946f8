import { useState } from "react";

import type { Failure, FailureFilter } from "../../api/failure-queries.ts";
import { useSession } from "../../api/session-context.ts";
import { describeMoment } from "../../time/describe-time.ts";
import { chooseFailures, chooseUpTo, type Chosen } from "./choose-failures.ts";
import { DeleteFailuresDialog, type ToDelete } from "./delete-failures-dialog.tsx";
import { DeleteUntilDialog } from "./delete-until-dialog.tsx";
import { counted } from "./describe-outcome.ts";
import { FailureToolbar } from "./failure-toolbar.tsx";
import { FailuresTable } from "./failures-table.tsx";
import { useFailureActions } from "./use-failure-actions.ts";

export interface FailureListProps {
  readonly failures: readonly Failure[];
  readonly filter: FailureFilter;
  /** What failed after this is not shown yet, and not meant by "all". */
  readonly upTo: Date;
}

export function FailureList({ failures, filter: { endpoint_id }, upTo }: FailureListProps) {
  const { timeZone } = useSession();
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [toDelete, setToDelete] = useState<ToDelete>();
  const [untilMost, setUntilMost] = useState<Date>();
  const { retry, remove, isBusy, progress } = useFailureActions();
  const ofEndpoint = endpoint_id === undefined ? {} : { endpoint_id };
  // One that was retried meanwhile has left the list, and must not be counted.
  const selected = failures.filter(({ delivery_id }) => ticked.has(delivery_id));
  const chosen = chooseFailures(selected);

  const tick = (deliveryIds: readonly string[], isTicked: boolean): void =>
    setTicked((before) => (isTicked ? before.union(new Set(deliveryIds)) : before.difference(new Set(deliveryIds))));
  // What fails again comes back as the same delivery, and must not come back ticked.
  const retrySelected = (): void => retry.mutate(chosen, { onSuccess: () => setTicked(new Set()) });
  const retryAll = (): void => retry.mutate([endpoint_id === undefined ? { all: true } : { endpoint_id }]);
  const close = (): void => {
    setToDelete(undefined);
    setUntilMost(undefined);
  };
  // A question stays until it is done, or else it would take the refusal away with it.
  const removeChosen = (these: readonly Chosen[]): void =>
    remove.mutate(these, {
      onSuccess: ({ trouble }) => {
        if (trouble === undefined) close();
      },
    });

  return (
    <>
      <FailureToolbar
        selectedCount={selected.length}
        isBusy={isBusy}
        progress={progress}
        onRetrySelected={retrySelected}
        onRetryAll={retryAll}
        onDeleteSelected={() => setToDelete({ chosen, says: counted(selected.length).replace(" ", " selected ") })}
        onDeleteAll={() =>
          setToDelete({
            chosen: [{ ...ofEndpoint, until: upTo.toISOString() }],
            says: endpoint_id === undefined ? "all failures" : "all failures of this endpoint",
            note: `That is what has failed up to ${describeMoment(upTo, timeZone)}, shown here or not. What fails from now on stays.`,
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
            says: "this failure and all older ones",
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
