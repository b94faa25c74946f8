import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import type { LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { isGone, saysWhy } from "../api/api-problem.ts";
import { isClosed, presentOf } from "../api/present-of.ts";
import { AccessDenied } from "./access-denied.tsx";
import { LinkButton } from "./link-button.tsx";

interface Loading<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

export interface LoadedProps<Data> {
  readonly query: Loading<Data>;
  readonly skeleton: ReactNode;
  /** Where to go from what is gone. */
  readonly back?: { readonly to: NonNullable<LinkProps["to"]>; readonly label: string };
  readonly children: (data: Data) => ReactNode;
}

/** What a query brought; until then its skeleton, or why it failed with a way to try again. What is gone leaves the page. */
export function Loaded<Data>({ query, skeleton, back, children }: LoadedProps<Data>) {
  const { error, refetch } = query;
  const data = presentOf(query);
  if (data !== undefined) return children(data);
  if (!error) return skeleton;
  if (isClosed(error)) return <AccessDenied />;
  const gone = isGone(error);
  return (
    <EmptyState
      status={gone ? "info" : "danger"}
      titleText={gone ? "There is no such thing here" : "This could not be loaded"}
      headingLevel="h2"
    >
      <EmptyStateBody>{gone ? "It may have been deleted, or its time was up." : saysWhy(error)}</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          {gone && back && <LinkButton to={back.to}>{back.label}</LinkButton>}
          <Button variant="secondary" onClick={() => refetch()}>
            Try again
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
