import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";

/** Our own mistake, or a page that a newer version no longer serves: loading again helps against the latter. */
export function PageBroken() {
  return (
    <PageSection isFilled>
      <EmptyState status="danger" titleText="This page broke" headingLevel="h1">
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
