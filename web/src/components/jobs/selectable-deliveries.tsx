import type { Delivery } from "../../api/deliveries.ts";
import type { JobFilter } from "../../api/jobs.ts";
import { DeliveriesTable } from "../history-table.tsx";
import { BulkBar, useBulkSelection } from "./bulk-bar.tsx";
import { RunningJobs } from "./job-progress.tsx";

export interface SelectableDeliveriesProps {
  readonly deliveries: readonly Delivery[];
  /** The filter of the list, which "all" refers to. */
  readonly filter: JobFilter;
}

/** A table of deliveries with actions on the selected ones, or on all that match the filter. */
export function SelectableDeliveries({ deliveries, filter }: SelectableDeliveriesProps) {
  const selection = useBulkSelection(deliveries.map(({ id }) => id));
  const hasSelection = selection.ids.size > 0 || selection.isAll;
  return (
    <>
      <RunningJobs />
      <BulkBar
        of="deliveries"
        filter={filter}
        selection={selection}
        // Without a selection, the button must not suggest to resend the whole history.
        kinds={hasSelection ? ["retry", "replay", "cancel", "export"] : ["export", "retry", "replay", "cancel"]}
      />
      <DeliveriesTable deliveries={deliveries} selection={selection} />
    </>
  );
}
