import type { QueryKey } from "@tanstack/react-query";

import { useManagement } from "../../api/management/management-context.ts";
import { useChange } from "../use-change.ts";
import type { UserStep } from "./user-steps.ts";

export interface UsersPlace {
  /** Where these users are, in the API. */
  readonly path: string;
  readonly stale: readonly QueryKey[];
}

export function useUserActions({ path, stale }: UsersPlace, onDone: () => void) {
  const api = useManagement();
  const step = useChange({
    change: ({ id, operation }: { id: number; operation: UserStep["operation"] }) =>
      api.change(`${path}/${id}/${operation}`),
    stale,
    done: "The user was changed",
    failed: "The user could not be changed",
    onDone,
  });
  const remove = useChange({
    change: (id: number) => api.remove(`${path}/${id}`),
    stale,
    done: "The user was deleted",
    failed: "The user could not be deleted",
    onDone,
  });
  return { step, remove };
}
