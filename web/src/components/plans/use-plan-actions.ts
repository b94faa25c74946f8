import type { Values } from "../../api/management/management-client.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { useChange } from "../use-change.ts";

export function usePlanActions(path: string, onDeleted: () => void) {
  const api = useManagement();
  const stale = [["plans"]];
  const failed = "The plan could not be changed";
  const change = useChange({
    change: ({ id, values }: { id: number; values: Values }) => api.change(`${path}/${id}`, values),
    stale,
    done: "The plan was changed",
    failed,
  });
  const makeDefault = useChange({
    change: (id: number) => api.change(`${path}/${id}/default`),
    stale,
    done: "It is the default plan now",
    failed,
  });
  const remove = useChange({
    change: (id: number) => api.remove(`${path}/${id}`),
    stale,
    done: "The plan was deleted",
    failed: "The plan could not be deleted",
    onDone: onDeleted,
  });
  return { change, makeDefault, remove };
}
