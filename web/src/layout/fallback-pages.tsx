import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
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

/**
 * Shown after an error of ours, or when a page file of an older version no longer exists. Reloading fixes the latter.
 */
export function PageBroken() {
  usePageTitle(brokenTitle);
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
