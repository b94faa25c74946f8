import { Alert, AlertActionLink } from "@patternfly/react-core";
import { useQueryClient } from "@tanstack/react-query";
import { errorMessage } from "../../api/api-problem.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import type { Endpoint } from "../../api/endpoints.ts";
import { When, useNow } from "../time.tsx";
import { useToast } from "../toast-context.ts";
import { useMutationOnce } from "../form/use-change.ts";

/** Says that deliveries are held and why, and lets the admin resume them. */
export function EndpointStateNotice({ endpoint }: { endpoint: Endpoint }) {
  const { id, state, disabled_reason, held_until, held_after_restore } = endpoint;
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const resume = useMutationOnce({
    mutationFn: () =>
      responseBody(api.PATCH("/api/v1/endpoints/{id}", { params: { path: { id } }, body: { state: "enabled" } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["endpoints"] }),
    onError: (error) =>
      toast({ kind: "danger", title: "The endpoint could not be resumed", detail: errorMessage(error) }),
  });
  const now = useNow();
  if (state === "undecryptable") return <UndecryptableNotice reason={disabled_reason} />;
  if (held_after_restore) return restoredNotice;
  if (state === "enabled") return held_until && new Date(held_until) > now && <HeldNotice until={held_until} />;
  return (
    <Alert
      isInline
      component="h3"
      variant="warning"
      title={state === "paused" ? "Deliveries are paused" : "Deliveries were stopped"}
      actionLinks={
        <AlertActionLink isAriaDisabled={resume.isPending} onClick={() => resume.mutate()}>
          Resume deliveries
        </AlertActionLink>
      }
    >
      {disabled_reason} Events are recorded, and their deliveries are held until you resume.
    </Alert>
  );
}

const UndecryptableNotice = ({ reason }: { reason: string | null }) => (
  <Alert isInline component="h3" variant="danger" title="Deliveries are held: the endpoint cannot be decrypted">
    {reason} Add the missing key to BELLWIRE_SECRET_KEY and restart Bellwire, or enter the URL and the custom headers
    again and save. Saving also replaces a secret that cannot be decrypted: give the receiver the new one.
  </Alert>
);

const restoredNotice = (
  <Alert isInline component="h3" variant="warning" title="Deliveries are held: the database was restored">
    Deliveries from before the restore may have been sent already. The operator decides whether they are sent again:
    bellwire resume --after-restore.
  </Alert>
);

const HeldNotice = ({ until }: { until: string }) => (
  <Alert isInline component="h3" variant="info" title="Deliveries are paused for a while">
    The receiver asked for a pause or does not respond. Deliveries resume at <When at={until} isExact />, or as soon as
    you retry one.
  </Alert>
);

export const formatName: Readonly<Record<Endpoint["format"], string>> = {
  "3scale": "3scale XML",
  json: "JSON",
  cloudevents: "CloudEvents",
  "cloudevents-binary": "CloudEvents, binary",
  chat: "Slack, Mattermost, Google Chat",
  "chat-discord": "Discord",
  "chat-teams": "Microsoft Teams",
};
