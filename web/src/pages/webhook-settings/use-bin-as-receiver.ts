import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { saysWhy } from "../../api/api-problem.ts";
import type { EventType } from "../../api/event-type-queries.ts";
import { useSession } from "../../api/session-context.ts";
import { useToast } from "../../toasts/toast-context.ts";
import { saveSettings } from "./save-settings.ts";
import type { Settings } from "./settings.ts";

/** Makes a bin and sends the webhooks there: those that are chosen, or all if none is. The rest of the form is saved along. */
export function useBinAsReceiver(types: readonly EventType[], onSaved: () => void) {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const { csrfToken } = useSession();
  return useMutation({
    mutationFn: async (settings: Settings) => {
      const { url } = await answerOf(api.POST("/api/v1/bins", { body: {} }));
      const switches = settings.switches.size > 0 ? settings.switches : new Set(types.map(({ type }) => type));
      await saveSettings({ api, csrfToken, types }, { ...settings, url, switches, active: true });
      await client.invalidateQueries({ queryKey: ["bins"] });
      await client.invalidateQueries({ queryKey: ["endpoints"] });
      return switches.size;
    },
    onSuccess: (count) => {
      onSaved();
      const detail = count === types.length ? "All events are on." : `Events that are on: ${count}.`;
      toast({ kind: "success", title: "Webhooks now go to a request bin", detail });
    },
    onError: (error) => toast({ kind: "danger", title: "The request bin could not be used", detail: saysWhy(error) }),
  });
}
