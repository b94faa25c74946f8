import { Alert, Button, Content, Flex, FlexItem, Progress, Stack, StackItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatCount } from "../../components/counts.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import { type NewReplay, type Replay, newestReplayQuery, replayPreviewQuery } from "../../api/endpoints.ts";
import { useSession } from "../../api/session.tsx";
import { SelectField, TextField } from "../../components/form/fields.tsx";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { CountError, type CountErrorProps } from "../../components/jobs/job-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { useTypedTime } from "../../components/form/typed-time.tsx";
import { knownTimeZone } from "../../components/time-zone.ts";
import { When, useNow } from "../../components/time.tsx";

/** Starts a replay, and shows the progress of the last one. */
export function ReplayCard({ endpointId }: { endpointId: number }) {
  const [openedAt, setOpenedAt] = useState<Date>();
  const { data: replay } = useQuery(newestReplayQuery(useApi(), endpointId));
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">
          Sends the events of a time range again, for a receiver that lost some or was added later.
        </Content>
      </StackItem>
      {replay && (
        <StackItem>
          <ReplayProgress replay={replay} />
        </StackItem>
      )}
      <StackItem>
        <Flex>
          <FlexItem>
            <Button
              variant="secondary"
              isDisabled={replay?.state === "running"}
              onClick={() => setOpenedAt(new Date())}
            >
              Replay…
            </Button>
          </FlexItem>
          {replay?.state === "running" && (
            <FlexItem>
              <StopButton replay={replay} />
            </FlexItem>
          )}
        </Flex>
      </StackItem>
      {openedAt && <ReplayDialog endpointId={endpointId} now={openedAt} onClose={() => setOpenedAt(undefined)} />}
    </Stack>
  );
}

const titles = { running: "Replay running", done: "Last replay: done", cancelled: "Last replay: stopped" } as const;

function ReplayProgress({ replay: { id, state, progress, counts, created_at } }: { replay: Replay }) {
  return (
    <>
      <Progress
        id={`replay-${id}`}
        title={titles[state]}
        size="sm"
        value={Math.round(progress * 100)}
        {...(state === "done" && { variant: "success" })}
      />
      <Content component="small">
        {counts.total === 0 ? "No deliveries yet" : `Deliveries: ${describeCounts(counts)}`}. Started{" "}
        <When at={created_at} />.
      </Content>
    </>
  );
}

function StopButton({ replay: { id, endpoint_id } }: { replay: Replay }) {
  const api = useApi();
  const stop = useChange({
    change: () => responseBody(api.POST("/api/v1/replays/{id}/cancel", { params: { path: { id } } })),
    stale: [["replays", "newest", endpoint_id]],
    done: "The replay was stopped",
    failed: "The replay could not be stopped",
  });
  return (
    <Button variant="link" isInline isAriaDisabled={stop.isPending} onClick={() => stop.mutate(undefined)}>
      Stop
    </Button>
  );
}

const kinds = [
  { value: "failed", label: "Failed deliveries" },
  { value: "missing", label: "Events that were never sent" },
  { value: "all", label: "All events, including delivered ones" },
] as const;

const hints = {
  failed: "Retries the deliveries on the failure list with the same bytes",
  missing: "Events without a delivery: the endpoint was created later, was off, or did not select them",
  all: "Delivered events are sent again with the header bellwire-replay and the same webhook-id",
} as const;

const dayMs = 86_400_000;

export interface ReplayDialogProps {
  readonly endpointId: number;
  /** The time when the dialog opened. */
  readonly now: Date;
  readonly onClose: () => void;
}

/** Chooses the events to replay, and shows their number in advance. */
function ReplayDialog({ endpointId, now, onClose }: ReplayDialogProps) {
  const api = useApi();
  const { timeZone } = useSession();
  const since = useTypedTime("since", new Date(now.getTime() - dayMs));
  const until = useTypedTime("until");
  const [only, setOnly] = useState<Replay["only"]>("failed");
  const [from, to] = [since.moment, until.moment];
  const timeErrors = timeRangeErrors(from, to, useNow());
  const isWhole = (until.text === "" || to !== undefined) && !timeErrors.since && !timeErrors.until;
  const newReplay: NewReplay | undefined =
    from && isWhole
      ? { endpoint_id: endpointId, since: from.toISOString(), ...(to && { until: to.toISOString() }), only }
      : undefined;
  const preview = useQuery(replayPreviewQuery(api, newReplay));
  const { mutate, isPending, errors } = useChange({
    change: (body: NewReplay) => responseBody(api.POST("/api/v1/replays", { body })),
    stale: [["replays", "newest", endpointId]],
    failed: "The replay could not be started",
    fields: ["since"],
    leave: onClose,
  });
  const total = preview.isPlaceholderData || preview.error ? undefined : preview.data?.total;
  return (
    <FormDialog
      title="Replay"
      description="Sends the events of a time range to this endpoint again, each with the same webhook-id."
      submit={total ? `Send ${formatCount(total)} ${total === 1 ? "delivery" : "deliveries"}` : "Send deliveries"}
      isBusy={isPending}
      isDisabled={!total}
      onSubmit={() => newReplay && total && mutate(newReplay)}
      onClose={onClose}
    >
      <TextField
        id="since"
        label="Events from"
        isRequired
        hint={`In the time zone of these pages, ${knownTimeZone(timeZone)}`}
        errors={timeErrors.since ?? errors["since"]}
        value={since.text}
        input={{ type: "datetime-local", step: 1 }}
        onChange={since.setText}
      />
      {since.repeated}
      <TextField
        id="until"
        label="Until"
        hint="If empty: until now"
        errors={timeErrors.until}
        value={until.text}
        input={{ type: "datetime-local", step: 1 }}
        onChange={until.setText}
      />
      {until.repeated}
      <SelectField
        id="only"
        label="Events to send"
        hint={hints[only]}
        value={only}
        options={kinds}
        onChange={setOnly}
      />
      {newReplay && (
        <Preview
          counts={preview.isPlaceholderData ? undefined : preview.data}
          error={preview.isFetching ? null : preview.error}
          onRetry={preview.refetch}
        />
      )}
    </FormDialog>
  );
}

interface PreviewProps extends CountErrorProps {
  /** Undefined while they are counted, also after a change of the range. */
  readonly counts: Replay["counts"] | undefined;
}

function Preview({ counts, error, onRetry }: PreviewProps) {
  if (error) return <CountError error={error} onRetry={onRetry} />;
  if (!counts) return <Alert isInline isPlain component="h2" variant="info" title="Counting…" />;
  if (counts.total === 0) {
    return <Alert isInline isPlain component="h2" variant="info" title="There is nothing to send" />;
  }
  const deliveries = counts.total === 1 ? "1 delivery" : `${formatCount(counts.total)} deliveries`;
  return (
    <Alert
      isInline
      isPlain
      component="h2"
      variant={counts.delivered > 0 ? "warning" : "info"}
      title={`${deliveries}: ${describeCounts(counts)}`}
    />
  );
}

/** Returns the errors of a time range by field. Incomplete input is not an error. */
export function timeRangeErrors(
  since: Date | undefined,
  until: Date | undefined,
  now: Date,
): Readonly<Partial<Record<"since" | "until", readonly string[]>>> {
  if (!since) return {};
  if (since >= now) return { since: ["Must be in the past"] };
  return until && until <= since ? { until: ["Must be later than “Events from”"] } : {};
}

/** Returns "3 failed, 12 never sent", without zero counts. */
export function describeCounts({ failed, missing, delivered, given_up }: Replay["counts"]): string {
  const counts: readonly (readonly [number, string])[] = [
    [failed, "failed"],
    [missing, "never sent"],
    [delivered, "already delivered"],
    [given_up, "cancelled or deleted from the failures"],
  ];
  return counts
    .filter(([count]) => count > 0)
    .map(([count, kind]) => `${formatCount(count)} ${kind}`)
    .join(", ");
}
