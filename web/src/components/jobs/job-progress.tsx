import { Button, Flex, FlexItem, Icon, Progress, Stack, StackItem } from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import CheckIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import WarningIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type MouseEvent, useEffect, useRef } from "react";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import {
  type Job,
  type JobSubject,
  changedByJobs,
  isRunning,
  newestJobsQuery,
  recentMs,
  resultPath,
} from "../../api/jobs.ts";
import { useSession } from "../../api/session.tsx";
import { useChange } from "../form/use-change.ts";
import { Name } from "../labels.tsx";
import { focusIfLost } from "../page-header.tsx";
import { useNow } from "../time.tsx";
import { useToast } from "../toast-context.ts";
import { describeJob, describeRest, describeRestored, percentOf } from "./job-words.ts";

/** One job: its progress while it runs, then its result in one line, and the actions on it. */
function JobProgress({ job }: { job: Job }) {
  const rest = describeRest(job);
  const title = describeJob(job);
  if (isRunning(job)) {
    return (
      <Flex>
        <FlexItem grow={{ default: "grow" }}>
          <Progress
            id={`job-${job.id}`}
            title={
              <>
                {title} <Colleague job={job} />
              </>
            }
            size="sm"
            value={percentOf(job)}
          />
        </FlexItem>
        <JobActions job={job} />
      </Flex>
    );
  }
  return (
    <Flex columnGap={{ default: "columnGapMd" }} role="status">
      <FlexItem>
        <Icon status={job.failed > 0 ? "warning" : job.state === "done" ? "success" : "info"}>
          {job.failed > 0 ? <WarningIcon /> : job.state === "done" ? <CheckIcon /> : <BanIcon />}
        </Icon>{" "}
        {title} <Colleague job={job} />
        {rest && <span className="bellwire-subtle"> {rest}.</span>}
      </FlexItem>
      <JobActions job={job} />
    </Flex>
  );
}

/** Names who started a job, unless it was the user of the page: who stops or undoes it should know whose it is. */
function Colleague({ job: { actor_name } }: { job: Job }) {
  const { userName } = useSession();
  if (actor_name === null || actor_name === userName) return null;
  return (
    <span className="bellwire-subtle">
      by <Name>{actor_name}</Name>
    </span>
  );
}

/** Stop, download and undo, as far as the job's state allows them. */
export function JobActions({ job }: { job: Job }) {
  const now = useNow();
  const isOpen = (until: string | null): boolean => until !== null && new Date(until) > now;
  return (
    <>
      {isRunning(job) && (
        <FlexItem>
          <StopButton job={job} />
        </FlexItem>
      )}
      {isOpen(job.result_until) && job.total > 0 && (
        <FlexItem>
          <DownloadLink job={job} />
        </FlexItem>
      )}
      {isOpen(job.undo_until) && (
        <FlexItem>
          <UndoButton job={job} />
        </FlexItem>
      )}
    </>
  );
}

/**
 * Reads the job before the file. A browser says only that a download failed, and not that the session has ended or that a colleague has
 * deleted the job.
 */
function DownloadLink({ job }: { job: Job }) {
  const api = useApi();
  const link = useRef<HTMLAnchorElement>(null);
  const isChecked = useRef(false);
  const check = useChange({
    change: () => responseBody(api.GET("/api/v1/jobs/{id}", { params: { path: { id: job.id } } })),
    stale: [["jobs"]],
    failed: "The file could not be downloaded",
    leave: () => {
      isChecked.current = true;
      link.current?.click();
    },
  });
  const text = `Download ${job.format === "csv" ? "CSV" : "NDJSON"} (${describeSize(job.bytes)})`;
  const open = (event: MouseEvent): void => {
    if (!isChecked.current) {
      event.preventDefault();
      check.mutate(undefined);
    }
    isChecked.current = false;
  };
  return (
    <Button
      ref={link}
      variant="link"
      isInline
      component="a"
      href={resultPath(job)}
      download
      aria-label={`${text}: ${describeJob(job)}`}
      isLoading={check.isPending}
      onClick={open}
    >
      {text}
    </Button>
  );
}

/** Returns "2.7 MB". */
const describeSize = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

function StopButton({ job }: { job: Job }) {
  const api = useApi();
  const { id } = job;
  const stop = useChange({
    change: () => responseBody(api.POST("/api/v1/jobs/{id}/cancel", { params: { path: { id } } })),
    stale: [["jobs"], ...changedByJobs],
    failed: "The job could not be stopped",
  });
  return (
    <Button
      variant="link"
      isInline
      aria-label={`Stop: ${describeJob(job)}`}
      isLoading={stop.isPending}
      isAriaDisabled={stop.isPending}
      onClick={() => stop.mutate(undefined)}
    >
      Stop
    </Button>
  );
}

function UndoButton({ job }: { job: Job }) {
  const api = useApi();
  const toast = useToast();
  const failed = "The deletion could not be undone";
  const { id } = job;
  const undo = useChange({
    change: () => responseBody(api.POST("/api/v1/failures/deletions/{id}/undo", { params: { path: { id } } })),
    stale: [["jobs"], ...changedByJobs],
    failed,
    onDone: ({ restored }) => {
      toast({ ...describeRestored(restored), about: failed });
      focusIfLost(document); // an undone job has no button
    },
  });
  return (
    <Button
      variant="link"
      isInline
      aria-label={`Undo: ${describeJob(job)}`}
      isLoading={undo.isPending}
      isAriaDisabled={undo.isPending}
      onClick={() => undo.mutate(undefined)}
    >
      Undo
    </Button>
  );
}

/**
 * The running jobs, and those that ended a few minutes ago, above the rows that they change. An export changes none, so only the list that offers it
 * shows it. Renders nothing without any.
 */
export function RunningJobs({ exportsOf }: { exportsOf: readonly JobSubject[] }) {
  const { data: jobs = [] } = useQuery(newestJobsQuery(useApi()));
  const now = useNow();
  useRefreshWithJobs(jobs);
  const shownJobs = jobs.filter(
    (job) =>
      (job.kind !== "export" || exportsOf.includes(job.of)) &&
      (isRunning(job) || (job.finished_at !== null && now.getTime() - Date.parse(job.finished_at) < recentMs)),
  );
  if (shownJobs.length === 0) return null;
  return (
    <section className="bellwire-notice" aria-label="Jobs">
      <Stack hasGutter>
        {shownJobs.slice(0, shownMax).map((job) => (
          <StackItem key={job.id}>
            <JobProgress job={job} />
          </StackItem>
        ))}
      </Stack>
    </section>
  );
}

const shownMax = 3;

/** Fetches the rows again while jobs change them: each time that one has made progress. */
function useRefreshWithJobs(jobs: readonly Job[]): void {
  const client = useQueryClient();
  const processed = jobs.reduce((sum, { done, kind }) => sum + (kind === "export" ? 0 : done), 0);
  const before = useRef(processed);
  useEffect(() => {
    if (before.current === processed) return;
    before.current = processed;
    for (const queryKey of changedByJobs) void client.invalidateQueries({ queryKey });
  }, [client, processed]);
}
