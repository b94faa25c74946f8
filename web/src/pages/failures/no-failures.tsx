import { EmptyState, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import { LinkButton } from "../../components/page-header.tsx";

/** Replaces the list and the causes of failures while there are none. */
export function NoFailures({ isFiltered }: { isFiltered: boolean }) {
  return (
    <EmptyState
      status="success"
      titleText={isFiltered ? "No failures of this endpoint" : "No failures"}
      headingLevel="h2"
    >
      <EmptyStateBody>
        A delivery appears here after its last attempt has failed. Repair the receiver, then retry. The receiver gets
        the same id and the same bytes.
      </EmptyStateBody>
      {isFiltered && (
        <EmptyStateFooter>
          <LinkButton to="/failures" search={{}} variant="link">
            Show the failures of all endpoints
          </LinkButton>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}
