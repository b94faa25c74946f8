import { useState } from "react";

import type { Failure } from "../../api/failure-queries.ts";
import { chooseFailures } from "./choose-failures.ts";
import { DeleteFailuresDialog, type ToDelete } from "./delete-failures-dialog.tsx";
import { FailureToolbar } from "./failure-toolbar.tsx";
import { FailuresTable } from "./failures-table.tsx";
import { useFailureActions } from "./use-failure-actions.ts";

export function FailureList({ failures }: { failures: readonly Failure[] }) {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [toDelete, setToDelete] = useState<ToDelete>();
  const { retry, remove, isBusy } = useFailureActions();
  // One that was retried meanwhile has left the list, and must not be counted.
  const selected = failures.filter(({ delivery_id }) => ticked.has(delivery_id));

  const tick = (deliveryIds: readonly string[], isTicked: boolean): void =>
    setTicked((before) => (isTicked ? before.union(new Set(deliveryIds)) : before.difference(new Set(deliveryIds))));
  const chosen = chooseFailures(selected);

  return (
    <>
      <FailureToolbar
        selectedCount={selected.length}
        isBusy={isBusy}
        onRetrySelected={() => retry.mutate(chosen)}
        onRetryAll={() => retry.mutate([{ all: true }])}
        onDeleteSelected={() =>
          setToDelete({
            chosen,
            says: `${selected.length} selected ${selected.length === 1 ? "failure" : "failures"}`,
          })
        }
        onDeleteAll={() => setToDelete({ chosen: [{ all: true }], says: "all failures" })}
        onDeleteUntil={(until, says) => setToDelete({ chosen: [{ until }], says })}
      />
      <FailuresTable
        failures={failures}
        ticked={ticked}
        isBusy={isBusy}
        onTick={tick}
        onRetry={(failure) => retry.mutate(chooseFailures([failure]))}
        onDeleteUpTo={({ failed_at }) =>
          setToDelete({ chosen: [{ until: failed_at }], says: "this failure and all older ones" })
        }
      />
      {toDelete && (
        <DeleteFailuresDialog
          toDelete={toDelete}
          isBusy={isBusy}
          onClose={() => setToDelete(undefined)}
          onConfirm={() => remove.mutate(toDelete.chosen, { onSuccess: () => setToDelete(undefined) })}
        />
      )}
    </>
  );
}
