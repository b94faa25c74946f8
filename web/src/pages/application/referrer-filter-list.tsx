import { useQuery } from "@tanstack/react-query";

import { pathOf, referrerFiltersQuery, type ApplicationKey } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { Loaded } from "../../components/loaded.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { useChange } from "../../components/use-change.ts";
import { ValueList } from "../../components/value-list.tsx";

const filtersMax = 5;

export function ReferrerFilterList({ applicationKey }: { applicationKey: ApplicationKey }) {
  const api = useManagement();
  const query = useQuery(referrerFiltersQuery(api, applicationKey));
  const path = `${pathOf(applicationKey)}/referrer_filters`;
  const add = useChange({
    change: (referrer_filter: string) => api.create(path, { referrer_filter }),
    stale: [["applications"]],
    done: "The referrer filter was added",
    failed: "The referrer filter could not be added",
    fields: ["value", "referrer_filter"],
  });
  const remove = useChange({
    change: (id: number) => api.remove(`${path}/${id}`),
    stale: [["applications"]],
    done: "The referrer filter was deleted",
    failed: "The referrer filter could not be deleted",
  });
  return (
    <Loaded query={query} skeleton={<TableSkeleton of="the referrer filters" />}>
      {(filters) => (
        <ValueList
          noun="referrer filter"
          values={filters.map(({ value }) => value)}
          limit={filtersMax}
          hint={`A domain or address that calls may come from: example.com, *.example.com. There is room for ${filtersMax} in all`}
          onEnd="Calls from there are no longer let in by it, at once."
          errors={add.errors["value"] ?? add.errors["referrer_filter"]}
          isBusy={add.isPending || remove.isPending}
          onAdd={(value, onSuccess, event) => {
            add.take(event);
            add.mutate(value, { onSuccess });
          }}
          onRemove={(value, onSuccess) => {
            const filter = filters.find((it) => it.value === value);
            if (filter) remove.mutate(filter.id, { onSuccess });
          }}
        />
      )}
    </Loaded>
  );
}
