import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Skeleton,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import LockIcon from "@patternfly/react-icons/dist/esm/icons/lock-icon";
import type { LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { isForbidden, isNotFound, currentData, errorMessage } from "../api/api-problem.ts";
import { LinkButton, usePageTitle } from "./page-header.tsx";

interface Loading<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

export interface LoadedProps<Data> {
  readonly query: Loading<Data>;
  readonly skeleton: ReactNode;
  /** The link on a page whose object does not exist. */
  readonly back?: { readonly to: NonNullable<LinkProps["to"]>; readonly label: string };
  readonly children: (data: Data) => ReactNode;
}

/** Renders the data of a query. Shows the skeleton while loading, and the error with a retry button after a failure. */
export function Loaded<Data>({ query, skeleton, back, children }: LoadedProps<Data>) {
  const { error, refetch } = query;
  const data = currentData(query);
  if (data !== undefined) return children(data);
  if (!error) return skeleton;
  if (isForbidden(error)) return <AccessDenied />;
  const gone = isNotFound(error);
  return (
    <EmptyState
      status={gone ? "info" : "danger"}
      titleText={gone ? "Not found" : "This page could not be loaded"}
      headingLevel="h2"
    >
      <EmptyStateBody>{gone ? "It may have been deleted or have expired." : errorMessage(error)}</EmptyStateBody>
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

const rows = ["a", "b", "c", "d", "e"];

export function TableSkeleton({ of }: { of: string }) {
  return (
    <Stack hasGutter>
      {rows.map((row) => (
        <StackItem key={row}>
          <Skeleton height="2.5rem" screenreaderText={`Loading ${of}`} />
        </StackItem>
      ))}
    </Stack>
  );
}

const title = "Access denied";

export function AccessDenied() {
  usePageTitle(title);
  return (
    <EmptyState titleText={title} icon={LockIcon} headingLevel="h1">
      <EmptyStateBody>
        Webhooks, mails and the team are for admins. Other pages need permissions, which an admin of your organization
        can give you.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <LinkButton to="/">Pages you can open</LinkButton>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
