import { Toolbar, ToolbarContent } from "@patternfly/react-core";
import { useNavigate } from "@tanstack/react-router";

import type { FailureFilter } from "../../api/failure-queries.ts";
import { EndpointFilter } from "../../components/endpoint/endpoint-filter.tsx";
import { SelectFilter } from "../../components/select-filter.tsx";
import { readFailureSearch } from "./failure-search.ts";

const orders = [
  { value: "newest", label: "Newest first" },
  { value: "oldest", label: "Oldest first" },
];

export function FailureFilters({ filter }: { filter: FailureFilter }) {
  const navigate = useNavigate();
  const choose = (field: keyof FailureFilter) => (value: string | undefined) =>
    void navigate({ to: "/failures", search: readFailureSearch({ ...filter, [field]: value }) });
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <EndpointFilter endpointId={filter.endpoint_id} onChange={choose("endpoint_id")} />
        <SelectFilter label="Order" value={filter.order ?? "newest"} options={orders} onChange={choose("order")} />
      </ToolbarContent>
    </Toolbar>
  );
}
