import { EmptyState, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";

import { LinkButton } from "./link-button.tsx";

export interface NothingMatchesProps {
  /** The list without its filters. */
  readonly to: "/events" | "/deliveries";
  /** What there is none of: "delivery". */
  readonly of: string;
}

/** In place of a list that its filters leave nothing of. */
export function NothingMatches({ to, of }: NothingMatchesProps) {
  return (
    <EmptyState titleText="Nothing matches" icon={SearchIcon} headingLevel="h2">
      <EmptyStateBody>No {of} fits these filters.</EmptyStateBody>
      <EmptyStateFooter>
        <LinkButton to={to} search={{}} variant="link">
          Clear the filters
        </LinkButton>
      </EmptyStateFooter>
    </EmptyState>
  );
}
