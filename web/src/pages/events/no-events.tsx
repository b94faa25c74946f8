import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";

import { NothingMatches } from "../../components/nothing-matches.tsx";
import { SignUpButton } from "../../components/sign-up-button.tsx";

export function NoEvents({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <NothingMatches to="/events" of="event" />;
  return (
    <EmptyState titleText="No event yet" icon={HistoryIcon} headingLevel="h2">
      <EmptyStateBody>
        An event is recorded together with the change that it tells of. A sign-up makes three: the account, its first
        user, and an application.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <SignUpButton />
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
