import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";

import { usePageTitle } from "../components/use-page-title.ts";

const title = "This page broke";

/** Our own mistake, or a page that a newer version no longer serves: loading again helps against the latter. */
export function PageBroken() {
  usePageTitle(title);
  return (
    <PageSection isFilled>
      <EmptyState status="danger" titleText={title} headingLevel="h1">
        <EmptyStateBody>
          Nothing was lost. If Bellwire was updated a moment ago, loading the page again brings the new one.
        </EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button onClick={() => location.reload()}>Load again</Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}
