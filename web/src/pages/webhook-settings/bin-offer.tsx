import { Alert, AlertActionLink, Button } from "@patternfly/react-core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { saysWhy } from "../../api/api-problem.ts";
import { binsQuery } from "../../api/bin-queries.ts";
import type { EventType } from "../../api/event-type-queries.ts";
import { useSession } from "../../api/session-context.ts";
import { useToast } from "../../toasts/toast-context.ts";
import { saveSettings } from "./save-settings.ts";
import type { Settings } from "./settings.ts";

export interface BinOfferProps {
  readonly savedUrl: string;
  /** As the form has them: what was changed and not saved yet is saved along. */
  readonly settings: Settings;
  readonly types: readonly EventType[];
  readonly onSaved: () => void;
}

/** One click to a receiver that shows what it catches; and, while that is the receiver, the way to one's own. */
export function BinOffer({ savedUrl, settings, types, onSaved }: BinOfferProps) {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const { csrfToken } = useSession();
  const { data: bins = [] } = useQuery(binsQuery(api));
  const useBin = useMutation({
    mutationFn: async () => {
      const { url } = await answerOf(api.POST("/api/v1/bins", { body: {} }));
      const switches = new Set(types.map(({ type }) => type));
      await saveSettings({ api, csrfToken, types }, { ...settings, url, switches, active: true });
      await client.invalidateQueries({ queryKey: ["bins"] });
      await client.invalidateQueries({ queryKey: ["endpoints"] });
    },
    onSuccess: () => {
      onSaved();
      toast({ kind: "success", title: "Webhooks now go to a request bin", detail: "All events are on." });
    },
    onError: (error) => toast({ kind: "danger", title: "The request bin could not be used", detail: saysWhy(error) }),
  });

  const bin = bins.find(({ url }) => url === savedUrl);
  if (bin) {
    return (
      <Alert
        isInline
        component="h3"
        variant="info"
        title="Webhooks go to a request bin"
        actionLinks={
          <>
            <AlertActionLink component="a" href={bin.view_url} target="_blank" rel="noreferrer">
              Watch what it catches
            </AlertActionLink>
            <AlertActionLink onClick={() => document.getElementById("url")?.focus()}>Now your own URL</AlertActionLink>
          </>
        }
      >
        It shows each request with its headers and checks the signature. Nothing leaves this server.
      </Alert>
    );
  }
  return (
    <Alert
      isInline
      component="h3"
      variant="custom"
      title={savedUrl ? "Want to see what is sent?" : "No receiver yet?"}
      actionLinks={
        <Button
          variant="secondary"
          size="sm"
          isLoading={useBin.isPending}
          isDisabled={useBin.isPending}
          onClick={() => useBin.mutate()}
        >
          Use a request bin
        </Button>
      }
    >
      A request bin is a receiver that comes with Bellwire. One click makes one, sends the webhooks there, and switches
      all events on.
    </Alert>
  );
}
