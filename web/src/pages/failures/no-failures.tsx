import { EmptyState, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";

import { LinkButton } from "../../components/link-button.tsx";

export function NoFailures({ isFiltered }: { isFiltered: boolean }) {
  return (
    <EmptyState
      status="success"
      titleText={isFiltered ? "Nothing of this endpoint is on the list" : "Nothing has failed"}
      headingLevel="h2"
    >
      <EmptyStateBody>
        A delivery comes here when its last attempt was not answered as it should be. Repair the receiver, then retry:
        it gets the same id and the same bytes.
      </EmptyStateBody>
      {isFiltered && (
        <EmptyStateFooter>
          <LinkButton to="/failures" search={{}} variant="link">
            Failures of every endpoint
          </LinkButton>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}
