import { Button, Toolbar, ToolbarContent, ToolbarItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { type ApplicationFilter, type SearchField, applicationStates } from "../../api/applications.ts";
import { useManagement } from "../../api/management-client.ts";
import { applicationPlansQuery, productsQuery } from "../../api/products.ts";
import { fieldText } from "../../components/form/use-change.ts";
import { SelectFilter, TextFilter } from "../../components/lists.tsx";

interface Handle {
  readonly value: SearchField;
  readonly label: string;
  /** The placeholder of the search. */
  readonly text: string;
}

const byName: Handle = { value: "name", label: "Application", text: "A part of the application's name" };
const handles: readonly Handle[] = [
  byName,
  { value: "account_query", label: "Account", text: "A part of the account's name" },
  { value: "app_id", label: "Application id", text: "The full application id" },
  { value: "user_key", label: "User key", text: "The full user key" },
];

const handleOf = (by: string | undefined): Handle => handles.find(({ value }) => value === by) ?? byName;

export interface ApplicationFiltersProps {
  readonly filter: ApplicationFilter;
  /** Receives the new filter, not validated. */
  readonly onNarrow: (search: Record<string, unknown>) => void;
  /** Shown beside the filters. */
  readonly children: ReactNode;
}

export function ApplicationFilters({ filter, onNarrow, children }: ApplicationFiltersProps) {
  const api = useManagement();
  const { service_id, plan_id, state } = filter;
  const { data: products = [] } = useQuery(productsQuery(api));
  const { data: plans = [] } = useQuery({
    ...applicationPlansQuery(api, service_id ?? 0),
    enabled: service_id !== undefined,
  });
  const narrow = (changed: Record<string, unknown>): void => onNarrow({ ...filter, ...changed, page: 1 });
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <TextSearch filter={filter} onSearch={narrow} />
        <SelectFilter
          label="Product"
          all="Every product"
          value={fieldText(service_id)}
          options={products.map(({ id, name }) => ({ value: String(id), label: name }))}
          onChange={(id) => narrow({ service_id: id, plan_id: undefined })}
        />
        {service_id !== undefined && (
          <SelectFilter
            label="Plan"
            all="Every plan"
            value={fieldText(plan_id)}
            options={plans.map(({ id, name }) => ({ value: String(id), label: name }))}
            onChange={(id) => narrow({ plan_id: id })}
          />
        )}
        <SelectFilter
          label="State"
          all="Every state"
          value={state}
          options={applicationStates.map((value) => ({
            value,
            label: value.charAt(0).toUpperCase() + value.slice(1),
          }))}
          onChange={(chosen) => narrow({ state: chosen })}
        />
        {children}
        {Object.keys(filter).some((name) => name !== "page") && (
          <ToolbarItem>
            <Button variant="link" onClick={() => onNarrow({})}>
              Clear filters
            </Button>
          </ToolbarItem>
        )}
      </ToolbarContent>
    </Toolbar>
  );
}

interface TextSearchProps {
  readonly filter: ApplicationFilter;
  readonly onSearch: (search: Pick<ApplicationFilter, "by"> & { query: string | undefined }) => void;
}

/** A text search and the field that it searches. Both follow the address. */
function TextSearch({ filter: { by, query }, onSearch }: TextSearchProps) {
  const [handle, setHandle] = useState(handleOf(by));
  const [followed, setFollowed] = useState(by);
  if (followed !== by) {
    setFollowed(by);
    setHandle(handleOf(by));
  }
  const choose = (chosen: string | undefined): void => {
    const next = handleOf(chosen);
    setHandle(next);
    if (query) onSearch({ by: next.value, query });
  };
  return (
    <>
      <SelectFilter label="Search in" value={handle.value} options={handles} onChange={choose} />
      <TextFilter label={handle.text} value={query} onChange={(text) => onSearch({ by: handle.value, query: text })} />
    </>
  );
}
