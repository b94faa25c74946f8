import { Alert, AlertActionLink, Button, Content } from "@patternfly/react-core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { errorMessage } from "../../api/api-problem.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import { type Bin, binsQuery } from "../../api/endpoints.ts";
import type { EventType } from "../../api/events.ts";
import { useManagement } from "../../api/management-client.ts";
import { FullUrlButton } from "../../components/endpoint/url-field.tsx";
import { ConfirmDialog } from "../../components/form/form-dialog.tsx";
import { useToast } from "../../components/toast-context.ts";
import {
  type RefuseConflicts,
  type Settings,
  type SettingsEdits,
  applyEdits,
  editedFields,
  fieldsOf,
  readSettings,
  saveSettings,
} from "./settings.ts";
import { useMutationOnce } from "../../components/form/use-change.ts";

export interface BinOfferProps {
  readonly endpointId: number | undefined;
  readonly savedUrl: string;
  /** The values of the form. */
  readonly settings: Settings;
  /** The unsaved edits, which are saved too. */
  readonly edits: SettingsEdits;
  readonly types: readonly EventType[];
  readonly refuseConflicts: RefuseConflicts;
  readonly onSaved: () => void;
}

/** Offers a request bin as receiver in one click. While a bin is the receiver, leads to the URL field. */
export function BinOffer({ endpointId, savedUrl, settings, edits, ...saving }: BinOfferProps) {
  const { data: bins = [] } = useQuery(binsQuery(useApi()));
  const [isConfirming, setConfirming] = useState(false);
  const { mutate, isPending } = useBinAsReceiver(saving);
  const replaced = [...new Set([savedUrl, settings.url])].filter((url) => url !== "");
  const bin = bins.find(({ url }) => url === savedUrl);
  if (bin) return <BinNotice bin={bin} />;
  return (
    <Alert
      isInline
      component="h3"
      variant="custom"
      title={savedUrl ? "Do you want to see the requests?" : "No receiver yet?"}
      actionLinks={
        <Button
          variant="secondary"
          size="sm"
          isLoading={isPending}
          isAriaDisabled={isPending}
          onClick={() => (replaced.length > 0 ? setConfirming(true) : mutate(edits))}
        >
          Use a request bin
        </Button>
      }
    >
      A request bin is a receiver within Bellwire. One click creates one and makes it the receiver of the selected
      events, or of all events if none is selected.
      {isConfirming && (
        <ReplaceUrlDialog
          endpointId={endpointId}
          replaced={replaced}
          isBusy={isPending}
          onConfirm={() => mutate(edits, { onSuccess: () => setConfirming(false) })}
          onClose={() => setConfirming(false)}
        />
      )}
    </Alert>
  );
}

interface ReplaceUrlDialogProps {
  readonly endpointId: number | undefined;
  readonly replaced: readonly string[];
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

function ReplaceUrlDialog({ endpointId, replaced, ...dialog }: ReplaceUrlDialogProps) {
  const [wholeUrl, setWholeUrl] = useState<string>();
  return (
    <ConfirmDialog title="Send the webhooks to a request bin?" confirm="Use a request bin" {...dialog}>
      <Content component="p">
        The bin replaces your URL, and your receiver gets nothing until you restore it. Your present URL:
      </Content>
      {replaced.map((url) => (
        <Content key={url} component="p" className="bellwire-mono">
          {(url.includes("…") && wholeUrl) || url}
        </Content>
      ))}
      {endpointId !== undefined && !wholeUrl && (
        <FullUrlButton endpointId={endpointId} url={replaced.join(" ")} onRead={setWholeUrl} />
      )}
      <Content component="p">Your other changes on this page are saved too.</Content>
    </ConfirmDialog>
  );
}

const BinNotice = ({ bin }: { bin: Bin }) => (
  <Alert
    isInline
    component="h3"
    variant="info"
    title="Webhooks go to a request bin"
    actionLinks={
      <>
        <AlertActionLink component="a" href={bin.view_url} target="_blank" rel="noreferrer">
          Show its requests
        </AlertActionLink>
        <AlertActionLink onClick={() => document.getElementById("url")?.focus()}>Use your own URL</AlertActionLink>
      </>
    }
  >
    The bin shows each request with its headers and verifies the signature. Nothing leaves this server.
  </Alert>
);

/** Creates a bin and makes it the receiver, and saves the edits. Selects all events if none is selected. */
function useBinAsReceiver({
  types,
  refuseConflicts,
  onSaved,
}: Pick<BinOfferProps, "types" | "refuseConflicts" | "onSaved">) {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const management = useManagement();
  return useMutationOnce({
    mutationFn: async (edits: SettingsEdits) => {
      const present = await readSettings(api, types);
      const edited = editedFields({ ...edits, url: "", active: true }, types);
      refuseConflicts(fieldsOf(present, types), edited, "Confirm");
      const { url } = await responseBody(api.POST("/api/v1/bins", { body: {} }));
      const chosen = applyEdits(present, edits).switches.size;
      const all = chosen === 0 && { switches: new Map(types.map(({ type }) => [type, true])) };
      await saveSettings({ api, management, types }, { ...edits, ...all, url, active: true });
      await client.invalidateQueries({ queryKey: ["bins"] });
      await client.invalidateQueries({ queryKey: ["endpoints"] });
      return chosen || types.length;
    },
    onSuccess: (count) => {
      onSaved();
      const detail = count === types.length ? "All events are selected." : `Selected events: ${count}.`;
      toast({ kind: "success", title: "Webhooks now go to a request bin", detail });
    },
    onError: (error) => {
      // Somebody else may have changed the settings.
      void client.invalidateQueries({ queryKey: ["endpoints"] });
      toast({ kind: "danger", title: "The request bin could not be used", detail: errorMessage(error) });
    },
  });
}
