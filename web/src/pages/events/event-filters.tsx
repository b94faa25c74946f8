import { Label, Toolbar, ToolbarContent, ToolbarItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import type { EventFilter } from "../../api/event-queries.ts";
import { eventTypesQuery } from "../../api/event-type-queries.ts";
import { SelectFilter } from "../../components/select-filter.tsx";
import { readEventSearch } from "./event-search.ts";

export interface EventFiltersProps {
  readonly filter: EventFilter;
  /** Of the account that the list is narrowed to, as far as the list tells it. */
  readonly accountName: string | undefined;
}

export function EventFilters({ filter, accountName }: EventFiltersProps) {
  const navigate = useNavigate();
  const { data: types = [] } = useQuery(eventTypesQuery(useApi()));
  const narrow = (changed: Record<string, unknown>): void =>
    void navigate({ to: "/events", search: readEventSearch({ ...filter, ...changed }) });
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <SelectFilter
          label="Event"
          all="Every event"
          value={filter.type}
          options={types.map(({ type, label }) => ({ value: type, label }))}
          onChange={(type) => narrow({ type })}
        />
        {filter.account_id !== undefined && (
          <ToolbarItem alignSelf="center">
            <Label
              closeBtnAriaLabel="Show the events of every account"
              onClose={() => narrow({ account_id: undefined })}
            >
              Account: {accountName ?? filter.account_id}
            </Label>
          </ToolbarItem>
        )}
      </ToolbarContent>
    </Toolbar>
  );
}
