import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/bellwire-client.ts";
import { endpointsQuery } from "../../api/endpoints.ts";
import { SelectFilter } from "../lists.tsx";

export interface EndpointFilterProps {
  readonly endpointId: number | undefined;
  readonly onChange: (endpointId: string | undefined) => void;
}

/** Narrows a list to one endpoint. One that is deleted is not offered, and is called so while the list is narrowed to it. */
export function EndpointFilter({ endpointId, onChange }: EndpointFilterProps) {
  const { data: endpoints } = useQuery(endpointsQuery(useApi()));
  const options = (endpoints ?? []).map(({ id, name }) => ({ value: String(id), label: name }));
  const value = endpointId?.toString();
  const isOffered = value === undefined || options.some((it) => it.value === value);
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

/** Tells of an endpoint that a list still has something of whether it is gone. As long as it is not known, it is not. */
export function useIsDeletedEndpoint(): (endpointId: number) => boolean {
  const { data: endpoints } = useQuery(endpointsQuery(useApi()));
  return (endpointId) => endpoints !== undefined && !endpoints.some(({ id }) => id === endpointId);
}
