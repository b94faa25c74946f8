import {
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Flex,
  Label,
  PageSection,
  Progress,
} from "@patternfly/react-core";
import ClipboardListIcon from "@patternfly/react-icons/dist/esm/icons/clipboard-list-icon";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { expectDeleted, useApi } from "../../api/bellwire-client.ts";
import { endpointsQuery } from "../../api/endpoints.ts";
import { eventTypesQuery } from "../../api/events.ts";
import { type Job, isRunning, jobsQuery } from "../../api/jobs.ts";
import { useSession } from "../../api/session.tsx";
import { DeleteDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { JobActions } from "../../components/jobs/job-progress.tsx";
import { describeJob, describeRest, describeSelection, percentOf } from "../../components/jobs/job-words.ts";
import { Name } from "../../components/labels.tsx";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { LoadMore } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { LinkButton, PageHeader } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";

/** Lists running and ended jobs. */
export function JobsPage() {
  const query = useInfiniteQuery(jobsQuery(useApi()));
  return (
    <>
      <PageHeader title="Jobs">
        Work on many deliveries, failures or events at once. Jobs continue in the background, also after a restart.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="jobs" />}>
          {({ pages }) => {
            const jobs = pages.flatMap((page) => page.data);
            return jobs.length === 0 ? <NoJobs /> : <JobsTable jobs={jobs} />;
          }}
        </Loaded>
        <LoadMore query={query} />
      </PageSection>
    </>
  );
}

const columns: readonly ListColumn<Job>[] = [
  { title: "Job", show: (job) => <JobTitle job={job} />, place: "title", isName: true },
  { title: "Selection", show: (job) => <SelectionWords job={job} />, place: "text", isName: true },
  { title: "Progress", show: (job) => <JobProgress job={job} />, place: "state" },
  {
    title: "Started by",
    show: ({ actor_name }) => (actor_name === null ? "" : <Name>{actor_name}</Name>),
    isName: true,
  },
  { title: "Started", show: ({ created_at }) => <When at={created_at} />, place: "end" },
];

function JobsTable({ jobs }: { jobs: readonly Job[] }) {
  const api = useApi();
  const remove = useChange({
    change: (id: number) => expectDeleted(api.DELETE("/api/v1/jobs/{id}", { params: { path: { id } } })),
    stale: [["jobs"]],
    done: "The job was deleted",
    failed: "The job could not be deleted",
    leave: () => setToDelete(undefined),
  });
  const [toDelete, setToDelete] = useState<Job>();
  // Only a file is lost with its job.
  const askOrDelete = (job: Job): void => (hasFile(job) ? setToDelete(job) : remove.mutate(job.id));
  return (
    <>
      <ListTable
        label="Jobs"
        rows={jobs}
        columns={columns}
        keyOf={({ id }) => id}
        nameOf={(job) => describeJob(job)}
        actionsOf={(job) =>
          isRunning(job) ? [] : [{ title: "Delete", isDanger: hasFile(job), onClick: () => askOrDelete(job) }]
        }
        isBusy={remove.isPending}
      />
      {toDelete && (
        <DeleteDialog
          title="Delete the exported file?"
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          {describeJob(toDelete)}. Nobody can download the file any more. This cannot be undone.
        </DeleteDialog>
      )}
    </>
  );
}

const hasFile = ({ result_until, total }: Job): boolean => result_until !== null && total > 0;

function JobTitle({ job }: { job: Job }) {
  const rest = describeRest(job);
  return (
    <>
      {describeJob(job)}
      {rest && <div className="bellwire-subtle">{rest}.</div>}
      <Flex>
        <JobActions job={job} />
      </Flex>
    </>
  );
}

const JobProgress = ({ job }: { job: Job }) =>
  isRunning(job) ? (
    <Progress aria-label={describeJob(job)} value={percentOf(job)} size="sm" measureLocation="outside" />
  ) : (
    <JobStateLabel job={job} />
  );

const labels = {
  running: { children: "Running", color: "blue" },
  done: { children: "Done", status: "success" },
  cancelled: { children: "Stopped" },
} as const;

const JobStateLabel = ({ job: { state, failed } }: { job: Job }) => (
  <Label
    isCompact
    variant="outline"
    {...(failed > 0 ? { children: "Done with errors", status: "warning" } : labels[state])}
  />
);

/** Describes the rows: "Endpoint: crm · From …". */
function SelectionWords({ job }: { job: Job }) {
  const api = useApi();
  const { data: endpoints = [] } = useQuery(endpointsQuery(api));
  const { data: types = [] } = useQuery(eventTypesQuery(api));
  const { timeZone } = useSession();
  const names = {
    endpoints: new Map(endpoints.map(({ id, name }) => [String(id), name])),
    eventTypes: new Map(types.map(({ type, label }) => [type, label])),
  };
  const { endpoint_id } = job;
  const receiver = names.endpoints.get(String(endpoint_id)) ?? `endpoint ${endpoint_id}`;
  const destination = endpoint_id === null ? [] : [`to ${receiver}`];
  return <>{[...describeSelection(job, names, timeZone), ...destination].join(" · ")}</>;
}

const NoJobs = () => (
  <EmptyState titleText="No jobs yet" icon={ClipboardListIcon} headingLevel="h2">
    <EmptyStateBody>
      Select rows of deliveries or failures, or all that match a filter, to retry, replay, cancel or export them.
    </EmptyStateBody>
    <EmptyStateFooter>
      <EmptyStateActions>
        <LinkButton to="/deliveries" variant="link">
          Deliveries
        </LinkButton>
        <LinkButton to="/failures" variant="link">
          Failures
        </LinkButton>
      </EmptyStateActions>
    </EmptyStateFooter>
  </EmptyState>
);
