import { Alert } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { saysWhy } from "../../api/api-problem.ts";
import { replayPreviewQuery, type NewReplay, type Replay } from "../../api/replay-queries.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { SelectField } from "../../components/form/select-field.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { useChange } from "../../components/use-change.ts";
import { browserTimeZone } from "../../time/describe-time.ts";
import { useNow } from "../../time/use-now.ts";
import { checkSpan } from "./check-span.ts";
import { describeCounts } from "./describe-counts.ts";
import { isTime, localText } from "./local-text.ts";

const kinds = [
  { value: "failed", label: "What failed and is still on the list" },
  { value: "missing", label: "What was never sent" },
  { value: "all", label: "Everything, also what was delivered" },
] as const;

const hints = {
  failed: "The same bytes again, with a new round of attempts",
  missing: "Events that this endpoint has no delivery of: it came later, was off, or did not listen",
  all: "What was delivered before says so in the header bellwire-replay; a receiver knows it by its webhook-id",
} as const;

const dayMs = 86_400_000;

export interface ReplayDialogProps {
  readonly endpointId: number;
  /** When it is opened. */
  readonly now: Date;
  readonly onClose: () => void;
}

/** Chooses what is sent again, and shows how much that is before it is done. */
export function ReplayDialog({ endpointId, now, onClose }: ReplayDialogProps) {
  const api = useApi();
  const [since, setSince] = useState(localText(new Date(now.getTime() - dayMs)));
  const [until, setUntil] = useState("");
  const [only, setOnly] = useState<Replay["only"]>("failed");
  const wrong = checkSpan(since, until, useNow());
  const isWhole = isTime(since) && (until === "" || isTime(until)) && !wrong.since && !wrong.until;
  const wanted: NewReplay | undefined = isWhole
    ? {
        endpoint_id: endpointId,
        since: new Date(since).toISOString(),
        ...(until !== "" && { until: new Date(until).toISOString() }),
        only,
      }
    : undefined;
  const preview = useQuery(replayPreviewQuery(api, wanted));
  const { mutate, isPending, errors } = useChange({
    change: (body: NewReplay) => answerOf(api.POST("/api/v1/replays", { body })),
    stale: [["replays", "newest", endpointId]],
    failed: "The replay could not be started",
    fields: ["since"],
    onDone: onClose,
  });
  const total = preview.isPlaceholderData || preview.error ? undefined : preview.data?.total;
  return (
    <FormDialog
      title="Replay"
      description="Sends the events of a span of time to this endpoint again, each with the same webhook-id."
      submit={total ? `Send ${total.toLocaleString("en")}` : "Send"}
      isBusy={isPending}
      isDisabled={!total}
      onSubmit={() => wanted && total && mutate(wanted)}
      onClose={onClose}
    >
      <TextField
        id="since"
        label="Events from"
        isRequired
        hint={`In this browser's time zone, ${browserTimeZone()}`}
        errors={wrong.since ?? errors["since"]}
        value={since}
        input={{ type: "datetime-local", step: 1 }}
        onChange={setSince}
      />
      <TextField
        id="until"
        label="Until"
        hint="Left empty: until now"
        errors={wrong.until}
        value={until}
        input={{ type: "datetime-local", step: 1 }}
        onChange={setUntil}
      />
      <SelectField id="only" label="Which" hint={hints[only]} value={only} options={kinds} onChange={setOnly} />
      {wanted && <Preview counts={preview.data} error={preview.error} />}
    </FormDialog>
  );
}

function Preview({ counts, error }: { counts: Replay["counts"] | undefined; error: unknown }) {
  if (error) return <Alert isInline isPlain component="h3" variant="danger" title={saysWhy(error)} />;
  if (!counts) return <Alert isInline isPlain component="h3" variant="info" title="Counting…" />;
  if (counts.total === 0) {
    return <Alert isInline isPlain component="h3" variant="info" title="There is nothing of that to send" />;
  }
  const deliveries = counts.total === 1 ? "1 delivery" : `${counts.total.toLocaleString("en")} deliveries`;
  return (
    <Alert
      isInline
      isPlain
      component="h3"
      variant={counts.delivered > 0 ? "warning" : "info"}
      title={`${deliveries}: ${describeCounts(counts)}`}
    />
  );
}
