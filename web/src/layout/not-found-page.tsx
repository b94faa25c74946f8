import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, PageSection } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";

import { LinkButton } from "../components/link-button.tsx";
import { usePageTitle } from "../components/use-page-title.ts";

const title = "There is no such page";

export function NotFoundPage() {
  usePageTitle(title);
  return (
    <PageSection isFilled>
      <EmptyState titleText={title} icon={SearchIcon} headingLevel="h1">
        <EmptyStateBody>The address may be mistyped, or the page has moved.</EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <LinkButton to="/">To the start</LinkButton>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}
