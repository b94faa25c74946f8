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
import { type ComponentType, type ReactNode, lazy, useEffect, useState } from "react";
import { isForbidden, isNotFound, isServerAway, errorMessage } from "../api/api-problem.ts";
import { useHasInput } from "./form/unsaved-input.ts";
import { useSession } from "../api/session.tsx";
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
  const { refetch } = query;
  const data = useCurrentData(query);
  const error = useLastError(query, data !== undefined);
  if (data !== undefined) return children(data);
  if (!error) return skeleton;
  if (isForbidden(error)) return <AccessDenied />;
  if (isServerAway(error)) return <ServerAwayNotice onRetry={refetch} />;
  const isMissing = isNotFound(error);
  return (
    <EmptyState
      status={isMissing ? "info" : "danger"}
      titleText={isMissing ? "Not found" : "This page could not be loaded"}
      headingLevel="h2"
    >
      <EmptyStateBody>{isMissing ? <MissingReason /> : errorMessage(error)}</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          {isMissing && back && <LinkButton to={back.to}>{back.label}</LinkButton>}
          <Button variant="secondary" onClick={() => refetch()}>
            Try again
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

const MissingReason = () =>
  useSession().seesEveryProduct
    ? "It was deleted or has expired, or the address is wrong."
    : "It was deleted or has expired, the address is wrong, or it belongs to a product that is not in your permissions.";

/**
 * Returns a query's data. After a 404 or 403 the cached data must not stay on the page. After a 403 it stays while a form has input, which
 * would be lost with it.
 */
export function useCurrentData<Data>({ data, error }: Pick<Loading<Data>, "data" | "error">): Data | undefined {
  const hasInput = useHasInput();
  return isNotFound(error) || (isForbidden(error) && !hasInput()) ? undefined : data;
}

/**
 * Returns the query's error. While a query without data runs again it has none, so the notice that the server is away stays until
 * there is another result: otherwise it would give way to the skeleton every few seconds.
 */
function useLastError({ error }: { readonly error: unknown }, isLoaded: boolean): unknown {
  const [last, setLast] = useState(error);
  const next = isLoaded ? undefined : (error ?? (isServerAway(last) ? last : undefined));
  if (next !== last) setLast(next);
  return error ?? next;
}

/** Joins two queries that a page needs together: they have one skeleton and one error, and one retry repeats all that failed. */
export const both = <First, Second>(
  first: Loading<First>,
  second: Loading<Second>,
): Loading<readonly [First, Second]> => ({
  data: first.data === undefined || second.data === undefined ? undefined : [first.data, second.data],
  error: first.error ?? second.error,
  refetch: () =>
    Promise.all([first, second].map(({ data, error, refetch }) => (data === undefined || error) && refetch())),
});

/** Returns the title of an object's page: its name, its kind while it loads, or that it was not found. */
export const objectTitle = ({ error }: { readonly error: unknown }, kind: string, name: string | undefined): string =>
  name ?? (isNotFound(error) ? `${kind} not found` : kind);

/** Often enough to seem immediate after a restart. */
const retryEveryMs = 3000;

export interface ServerAwayNoticeProps {
  readonly onRetry: () => unknown;
  /** The level of the heading. */
  readonly headingLevel?: "h1" | "h2";
}

/** Says that the server does not respond, and tries again until it does. */
export function ServerAwayNotice({ onRetry, headingLevel = "h2" }: ServerAwayNoticeProps) {
  useEffect(() => {
    const timer = setInterval(() => void onRetry(), retryEveryMs);
    return () => clearInterval(timer);
  }, [onRetry]);
  return (
    <EmptyState status="warning" titleText="The server cannot be reached" headingLevel={headingLevel}>
      <EmptyStateBody>Nothing is lost. This page opens as soon as the server responds again.</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="secondary" onClick={() => onRetry()}>
            Try now
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

/** A query of a part of a page. Its failure is shown in its place, because the other parts are still of use. */
export interface PartQuery<Data> {
  readonly data: Data | undefined;
  readonly errorUpdateCount: number;
  readonly refetch: () => unknown;
}

/**
 * Tells whether a query has failed and has never had a response. While it runs again it has no error, and its place would change every few
 * seconds.
 */
export const hasFailed = ({ data, errorUpdateCount }: Omit<PartQuery<unknown>, "refetch">): boolean =>
  data === undefined && errorUpdateCount > 0;

const rows = ["a", "b", "c", "d", "e"];

/** Stands for what is loading. Screen readers read it once, not per row. */
export function TableSkeleton({ of }: { of: string }) {
  return (
    <Stack hasGutter>
      {rows.map((row, at) => (
        <StackItem key={row}>
          <Skeleton height="2.5rem" screenreaderText={at === 0 ? `Loading ${of}` : ""} />
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
        Webhooks, emails and the team are for admins. Other pages need permissions, which an admin of your organization
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

/**
 * Returns a component whose file is fetched when it is first rendered. Renders the fallback if that fails, for example because the
 * file belongs to an older version: an error would replace the whole page, and the input in its forms would be lost.
 */
export const lazyPart = <Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  fallback: ComponentType<Props>,
): ComponentType<Props> =>
  lazy(() =>
    load().then(
      (part) => ({ default: part }),
      () => ({ default: fallback }),
    ),
  );
