import { Toolbar, ToolbarContent } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import type { DeliveryFilter } from "../../api/delivery-queries.ts";
import { eventTypesQuery } from "../../api/event-type-queries.ts";
import { EndpointFilter } from "../../components/endpoint/endpoint-filter.tsx";
import { SelectFilter } from "../../components/select-filter.tsx";
import { deliveryStates, readDeliverySearch } from "./delivery-search.ts";

const stateLabels = { pending: "Pending", delivered: "Delivered", failed: "Failed", cancelled: "Cancelled" } as const;

export function DeliveryFilters({ filter }: { filter: DeliveryFilter }) {
  const api = useApi();
  const navigate = useNavigate();
  const { data: types = [] } = useQuery(eventTypesQuery(api));
  const choose = (field: keyof DeliveryFilter) => (value: string | undefined) =>
    void navigate({ to: "/deliveries", search: readDeliverySearch({ ...filter, [field]: value }) });

  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <SelectFilter
          label="State"
          all="Every state"
          value={filter.state}
          options={deliveryStates.map((value) => ({ value, label: stateLabels[value] }))}
          onChange={choose("state")}
        />
        <EndpointFilter endpointId={filter.endpoint_id} onChange={choose("endpoint_id")} />
        <SelectFilter
          label="Event"
          all="Every event"
          value={filter.event_type}
          options={types.map(({ type, label }) => ({ value: type, label }))}
          onChange={choose("event_type")}
        />
      </ToolbarContent>
    </Toolbar>
  );
}
