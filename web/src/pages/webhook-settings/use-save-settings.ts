import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";

import { useApi } from "../../api/api-context.ts";
import { ApiProblem, saysWhy } from "../../api/api-problem.ts";
import type { Endpoint } from "../../api/endpoint-queries.ts";
import type { EventType } from "../../api/event-type-queries.ts";
import { useSession } from "../../api/session-context.ts";
import { focusWrongField } from "../../components/form/focus-wrong-field.ts";
import { useToast } from "../../toasts/toast-context.ts";
import { saveSettings } from "./save-settings.ts";
import type { Settings } from "./settings.ts";

export interface SaveSettingsOptions {
  /** What is saved so far, or null. */
  readonly endpoint: Endpoint | null;
  readonly types: readonly EventType[];
  readonly onSaved: () => void;
}

export function useSaveSettings({ endpoint, types, onSaved }: SaveSettingsOptions) {
  const api = useApi();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const { csrfToken } = useSession();
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: (settings: Settings) => saveSettings({ api, csrfToken, types }, settings),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["endpoints"] });
      onSaved();
      toast({ kind: "success", title: "Webhooks settings were successfully updated", about: "settings" });
      await navigate({ to: "/webhooks/edit", replace: true });
    },
    onError: (problem) => {
      // Of the two parts of saving, one may have been done.
      void client.invalidateQueries({ queryKey: ["endpoints"] });
      const isAboutUrl = urlErrorsOf(problem).length > 0;
      // A first save that fails shows the form with the error beside its field, and no more.
      if (!endpoint && isAboutUrl) return;
      toast({
        kind: "danger",
        title: "Webhooks settings could not be updated",
        about: "settings",
        ...(!isAboutUrl && { detail: saysWhy(problem) }),
      });
    },
  });
  useEffect(() => {
    if (urlErrorsOf(error).length > 0) focusWrongField();
  }, [error]);
  return { save: mutate, isSaving: isPending, urlErrors: urlErrorsOf(error), forgetErrors: reset };
}

const urlErrorsOf = (error: unknown): readonly string[] =>
  error instanceof ApiProblem ? (error.errors["url"] ?? []) : [];
