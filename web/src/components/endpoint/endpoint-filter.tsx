import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { endpointsQuery } from "../../api/endpoints.ts";
import { SelectFilter } from "../lists.tsx";

export interface EndpointFilterProps {
  readonly endpointId: number | undefined;
  readonly onChange: (endpointId: string | undefined) => void;
}

/** Filters a list by endpoint. A deleted endpoint is listed only while the filter selects it. */
export function EndpointFilter({ endpointId, onChange }: EndpointFilterProps) {
  const { data: endpoints } = useQuery(endpointsQuery(useApi()));
  const options = (endpoints ?? []).map(({ id, name }) => ({ value: String(id), label: name }));
  const value = endpointId?.toString();
  const isOffered = value === undefined || options.some((option) => option.value === value);
  const present = isOffered ? [] : [{ value, label: `Endpoint ${value}${endpoints ? ", deleted" : ""}` }];
  return (
    <SelectFilter
      label="Endpoint"
      all="Every endpoint"
      value={value}
      options={[...options, ...present]}
      onChange={onChange}
    />
  );
}

/** Returns a function that says whether an endpoint was deleted. It stays the same while the endpoints do. Answers false while loading. */
export function useIsDeletedEndpoint(): (endpointId: number) => boolean {
  const { data: endpoints } = useQuery(endpointsQuery(useApi()));
  return useCallback(
    (endpointId: number) => endpoints !== undefined && !endpoints.some(({ id }) => id === endpointId),
    [endpoints],
  );
}
