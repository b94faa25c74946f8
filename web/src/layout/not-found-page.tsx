import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, PageSection } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";

import { LinkButton } from "../components/link-button.tsx";

export function NotFoundPage() {
  return (
    <PageSection isFilled>
      <EmptyState titleText="There is no such page" icon={SearchIcon} headingLevel="h1">
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
