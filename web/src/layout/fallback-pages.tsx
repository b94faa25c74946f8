import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { ServerAway } from "../api/api-problem.ts";
import { ServerAwayNotice } from "../components/loaded.tsx";
import { LinkButton, usePageTitle } from "../components/page-header.tsx";

const notFoundTitle = "There is no such page";

export function NotFoundPage() {
  usePageTitle(notFoundTitle);
  return (
    <PageSection isFilled>
      <EmptyState titleText={notFoundTitle} icon={SearchIcon} headingLevel="h1">
        <EmptyStateBody>The address may be wrong, or the page has moved.</EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <LinkButton to="/">Go to the start page</LinkButton>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}

const brokenTitle = "This page failed to load";

/** Shown if a page fails: it has a defect, its file belongs to an older version, or the server does not respond. */
export function PageBroken({ error }: { error: unknown }) {
  usePageTitle(brokenTitle);
  // Most defects are TypeErrors, which `fetch` throws without a server, too.
  if (error instanceof ServerAway) {
    return (
      <PageSection isFilled>
        <ServerAwayNotice onRetry={reloadIfReachable} headingLevel="h1" />
      </PageSection>
    );
  }
  return (
    <PageSection isFilled>
      <EmptyState status="danger" titleText={brokenTitle} headingLevel="h1">
        <EmptyStateBody>No data was lost. If Bellwire was just updated, reload the page.</EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button onClick={() => location.reload()}>Reload</Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}

/** Turns a failure to fetch a page's file into `ServerAway`, unless the server responds. */
export async function loadPage<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (await isReachable()) throw error;
    throw new ServerAway({ cause: error });
  }
}

/** Browsers may remember that a file failed to load, so the whole page is loaded again. */
async function reloadIfReachable(): Promise<void> {
  if (await isReachable()) location.reload();
}

async function isReachable(): Promise<boolean> {
  const response = await fetch(`${import.meta.env.BASE_URL}bellwire.svg`, { cache: "no-store" }).catch(() => undefined);
  return response?.ok ?? false;
}
