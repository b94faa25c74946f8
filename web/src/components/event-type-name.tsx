import { useQuery } from "@tanstack/react-query";

import { useApi } from "../api/api-context.ts";
import { eventTypesQuery } from "../api/event-type-queries.ts";

/** "Account created" for `account.created`. */
export function useEventTypeName(type: string): string {
  const { data: types } = useQuery(eventTypesQuery(useApi()));
  return types?.find((it) => it.type === type)?.label ?? type;
}

export function EventTypeName({ type }: { type: string }) {
  return <span title={type}>{useEventTypeName(type)}</span>;
}
