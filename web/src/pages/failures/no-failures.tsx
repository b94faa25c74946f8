import { EmptyState, EmptyStateBody } from "@patternfly/react-core";

export function NoFailures() {
  return (
    <EmptyState status="success" titleText="Nothing has failed" headingLevel="h2">
      <EmptyStateBody>
        A delivery comes here when its last attempt was not answered as it should be. Repair the receiver, then retry:
        it gets the same id and the same bytes.
      </EmptyStateBody>
    </EmptyState>
  );
}
