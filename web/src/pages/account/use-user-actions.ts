import { useManagement } from "../../api/management/management-context.ts";
import { useChange } from "../../components/use-change.ts";

export function useUserActions(accountId: number, onDone: () => void) {
  const api = useManagement();
  const path = `accounts/${accountId}/users`;
  const step = useChange({
    change: ({ id, operation }: { id: number; operation: string }) => api.change(`${path}/${id}/${operation}`),
    stale: [["accounts"]],
    done: "The user was changed",
    failed: "The user could not be changed",
  });
  const remove = useChange({
    change: (id: number) => api.remove(`${path}/${id}`),
    stale: [["accounts"]],
    done: "The user was deleted",
    failed: "The user could not be deleted",
    onDone,
  });
  return { step, remove };
}
