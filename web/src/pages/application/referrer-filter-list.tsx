import { useQuery } from "@tanstack/react-query";

import { pathOf, referrerFiltersQuery, type ApplicationKey } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { useChange } from "../../components/use-change.ts";
import { ValueList } from "../../components/value-list.tsx";

export function ReferrerFilterList({ applicationKey }: { applicationKey: ApplicationKey }) {
  const api = useManagement();
  const { data: filters = [] } = useQuery(referrerFiltersQuery(api, applicationKey));
  const path = `${pathOf(applicationKey)}/referrer_filters`;
  const add = useChange({
    change: (referrer_filter: string) => api.create(path, { referrer_filter }),
    stale: [["applications"]],
    done: "The referrer filter was added",
    failed: "The referrer filter could not be added",
    fields: ["value", "referrer_filter"],
  });
  const remove = useChange({
    change: (value: string) => api.remove(`${path}/${filters.find((it) => it.value === value)?.id}`),
    stale: [["applications"]],
    done: "The referrer filter was deleted",
    failed: "The referrer filter could not be deleted",
  });
  return (
    <ValueList
      noun="referrer filter"
      values={filters.map(({ value }) => value)}
      hint="A domain or address that calls may come from: example.com, *.example.com"
      errors={add.errors["value"] ?? add.errors["referrer_filter"]}
      isBusy={add.isPending || remove.isPending}
      onAdd={add.mutate}
      onRemove={remove.mutate}
    />
  );
}
