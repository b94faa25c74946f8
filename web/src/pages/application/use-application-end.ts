import { useNavigate } from "@tanstack/react-router";

import type { Application } from "../../api/management/application-queries.ts";
import { useChange, type ChangeOptions } from "../../components/use-change.ts";

/** Something after which the application is no more: its account is shown then. */
export function useApplicationEnd(
  { account_id, id }: Pick<Application, "account_id" | "id">,
  options: Pick<ChangeOptions<undefined, void>, "change" | "done" | "failed" | "fields">,
) {
  const navigate = useNavigate();
  return useChange({
    ...options,
    stale: [
      ["applications", "list"],
      ["applications", "of account", account_id],
      ["applications", "plan requests"],
    ],
    gone: [["applications", "one", id]],
    onDone: () => navigate({ to: "/accounts/$id", params: { id: String(account_id) } }),
  });
}
