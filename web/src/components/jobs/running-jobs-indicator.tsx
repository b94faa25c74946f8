import { Button, Spinner } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { isRunning, newestJobsQuery } from "../../api/jobs.ts";

/** The number of running jobs, on every page. Leads to the jobs, and renders nothing without any. */
export function RunningJobsIndicator() {
  const navigate = useNavigate();
  const { data: jobs = [] } = useQuery(newestJobsQuery(useApi()));
  const count = jobs.filter(isRunning).length;
  if (count === 0) return null;
  const name = count === 1 ? "1 job is running" : `${count} jobs are running`;
  return (
    <Button
      variant="plain"
      aria-label={name}
      title={name}
      icon={<Spinner size="md" aria-hidden />}
      onClick={() => void navigate({ to: "/jobs" })}
    >
      {count}
    </Button>
  );
}
