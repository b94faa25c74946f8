import { EmptyState, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import { LinkButton } from "../../components/page-header.tsx";

export interface NoFailuresProps {
  readonly filteredBy: "endpoint" | "filters" | undefined;
}

/** Replaces the list and the causes of failures while there are none. */
export function NoFailures({ filteredBy }: NoFailuresProps) {
  return (
    <EmptyState status="success" titleText={titleOf(filteredBy)} headingLevel="h2">
      <EmptyStateBody>
        A delivery appears here after its last attempt has failed. Repair the receiver, then retry. The receiver gets
        the same id and the same bytes.
      </EmptyStateBody>
      {filteredBy && (
        <EmptyStateFooter>
          <LinkButton to="/failures" search={filteredBy === "endpoint" ? {} : { view: "list" }} variant="link">
            {filteredBy === "endpoint" ? "Show the failures of all endpoints" : "Show all failures"}
          </LinkButton>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}

function titleOf(filteredBy: NoFailuresProps["filteredBy"]): string {
  if (filteredBy === undefined) return "No failures";
  return filteredBy === "endpoint" ? "No failures of this endpoint" : "No failures match these filters";
}
