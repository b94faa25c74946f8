import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { ApiProblem, saysWhy } from "../api/api-problem.ts";
import { AccessDenied } from "./access-denied.tsx";

interface Loading<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

export interface LoadedProps<Data> {
  readonly query: Loading<Data>;
  readonly skeleton: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/** What a query brought; until then its skeleton, or why it failed with a way to try again. */
export function Loaded<Data>({ query: { data, error, refetch }, skeleton, children }: LoadedProps<Data>) {
  if (data !== undefined) return children(data);
  if (!error) return skeleton;
  const status = error instanceof ApiProblem ? error.status : undefined;
  if (status === 403) return <AccessDenied />;
  return (
    <EmptyState
      status={status === 404 ? "info" : "danger"}
      titleText={status === 404 ? "There is no such thing here" : "This could not be loaded"}
      headingLevel="h2"
    >
      <EmptyStateBody>
        {status === 404 ? "It may have been deleted, or its time was up." : saysWhy(error)}
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="secondary" onClick={() => refetch()}>
            Try again
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
