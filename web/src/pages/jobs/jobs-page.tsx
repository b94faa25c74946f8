import { Content, EmptyState, EmptyStateBody, Flex, Label, PageSection, Progress } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { expectSuccess, useApi } from "../../api/bellwire-client.ts";
import { endpointsQuery } from "../../api/endpoints.ts";
import { type Job, isRunning, jobsQuery } from "../../api/jobs.ts";
import { RowActions } from "../../components/action-menu.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { JobActions } from "../../components/jobs/job-progress.tsx";
import { describeJob, describeRest, percentOf } from "../../components/jobs/job-words.ts";
import { Name } from "../../components/labels.tsx";
import { LoadMore } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
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

function JobsTable({ jobs }: { jobs: readonly Job[] }) {
  return (
    <div className="bellwire-rows">
      <Table aria-label="Jobs" variant="compact" gridBreakPoint="">
        <Thead>
          <Tr>
            <Th modifier="nowrap">Job</Th>
            <Th modifier="nowrap">Selection</Th>
            <Th modifier="nowrap">Progress</Th>
            <Th modifier="nowrap">Started by</Th>
            <Th modifier="nowrap">Started</Th>
            <Th screenReaderText="Actions" />
          </Tr>
        </Thead>
        <Tbody>
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </Tbody>
      </Table>
    </div>
  );
}

function JobRow({ job }: { job: Job }) {
  const rest = describeRest(job);
  const title = describeJob(job);
  return (
    <Tr>
      <Td dataLabel="Job" className="bellwire-at-title" modifier="breakWord">
        {title}
        {rest && <Content component="small">{rest}.</Content>}
        <Flex>
          <JobActions job={job} />
        </Flex>
      </Td>
      <Td dataLabel="Selection" className="bellwire-at-detail" modifier="breakWord">
        <SelectionWords job={job} />
      </Td>
      <Td dataLabel="Progress" className="bellwire-at-state">
        {isRunning(job) ? (
          <Progress aria-label={title} value={percentOf(job)} size="sm" measureLocation="outside" />
        ) : (
          <JobStateLabel job={job} />
        )}
      </Td>
      <Td dataLabel="Started by" className="bellwire-at-account" modifier="breakWord">
        {job.actor_name === null ? "" : <Name>{job.actor_name}</Name>}
      </Td>
      <Td dataLabel="Started" className="bellwire-at-time">
        <When at={job.created_at} />
      </Td>
      <Td isActionCell className="bellwire-at-none">
        {!isRunning(job) && <DeleteJob job={job} />}
      </Td>
    </Tr>
  );
}

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

/** Describes the rows: "endpoint crm · failed since …". */
function SelectionWords({ job: { selection, endpoint_id } }: { job: Job }) {
  const { data: endpoints = [] } = useQuery(endpointsQuery(useApi()));
  const nameOf = (id: unknown): string =>
    endpoints.find((it) => it.id === Number(id))?.name ?? `endpoint ${String(id)}`;
  const fields = new Map<string, unknown>(Object.entries(selection ?? {}));
  const filter = Object.entries(fields.get("filter") ?? {});
  const words = fields.has("ids")
    ? ["Selected rows"]
    : filter.map(([name, value]) => {
        const values = [value].flat();
        return name === "endpoint_id"
          ? values.map(nameOf).join(", ")
          : `${name.replaceAll("_", " ")}: ${values.join(", ")}`;
      });
  const destination = endpoint_id === null ? [] : [`to ${nameOf(endpoint_id)}`];
  return <>{[...(words.length > 0 ? words : ["All"]), ...destination].join(" · ")}</>;
}

function DeleteJob({ job: { id } }: { job: Job }) {
  const api = useApi();
  const remove = useChange({
    change: () => expectSuccess(api.DELETE("/api/v1/jobs/{id}", { params: { path: { id } } })),
    stale: [["jobs"]],
    failed: "The job could not be deleted",
  });
  return (
    <RowActions
      of={`job ${id}`}
      isDisabled={remove.isPending}
      items={[{ title: "Delete", onClick: () => remove.mutate(undefined) }]}
    />
  );
}

const NoJobs = () => (
  <EmptyState titleText="No jobs yet" headingLevel="h2">
    <EmptyStateBody>
      Select rows of deliveries or failures, or all that match a filter, to retry, replay, cancel or export them.
    </EmptyStateBody>
  </EmptyState>
);
