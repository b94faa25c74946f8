import { Button, Content, Flex, FlexItem, Progress, Stack, StackItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { newestReplayQuery, type Replay } from "../../api/replay-queries.ts";
import { useChange } from "../../components/use-change.ts";
import { When } from "../../components/when.tsx";
import { describeCounts } from "./describe-counts.ts";
import { ReplayDialog } from "./replay-dialog.tsx";

/** "Replay…", and how far the last one is. */
export function ReplayCard({ endpointId }: { endpointId: number }) {
  const [openedAt, setOpenedAt] = useState<Date>();
  const { data: replay } = useQuery(newestReplayQuery(useApi(), endpointId));
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">
          For a receiver that lost something, or that came later than what happened: events of a span of time go out
          again.
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

const titles = { running: "Replay under way", done: "Last replay: done", cancelled: "Last replay: stopped" } as const;

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
        {counts.total === 0 ? "Nothing made due so far" : `Made due: ${describeCounts(counts)}`}. Started{" "}
        <When at={created_at} />.
      </Content>
    </>
  );
}

function StopButton({ replay: { id, endpoint_id } }: { replay: Replay }) {
  const api = useApi();
  const stop = useChange({
    change: () => answerOf(api.POST("/api/v1/replays/{id}/cancel", { params: { path: { id } } })),
    stale: [["replays", "newest", endpoint_id]],
    done: "The replay was stopped",
    failed: "The replay could not be stopped",
  });
  return (
    <Button variant="link" isInline isDisabled={stop.isPending} onClick={() => stop.mutate(undefined)}>
      Stop
    </Button>
  );
}
