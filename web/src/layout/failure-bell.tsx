import { NotificationBadge } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { useApi } from "../api/api-context.ts";
import { failureCountQuery } from "../api/failure-queries.ts";

/** How many deliveries have failed for good, on every page and at every width. */
export function FailureBell() {
  const navigate = useNavigate();
  const { data: count = 0 } = useQuery(failureCountQuery(useApi()));
  return (
    <NotificationBadge
      variant={count > 0 ? "attention" : "read"}
      count={count}
      aria-label={count === 1 ? "1 failure" : `${count} failures`}
      onClick={() => void navigate({ to: "/failures" })}
    />
  );
}
