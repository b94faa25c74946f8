import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import PaperPlaneIcon from "@patternfly/react-icons/dist/esm/icons/paper-plane-icon";

import { useSession } from "../../api/session-context.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { NothingMatches } from "../../components/nothing-matches.tsx";
import { SignUpButton } from "../../components/sign-up-button.tsx";

export function NoDeliveries({ isFiltered }: { isFiltered: boolean }) {
  const session = useSession();
  if (isFiltered) return <NothingMatches to="/deliveries" of="delivery" />;
  return (
    <EmptyState titleText="Nothing was sent yet" icon={PaperPlaneIcon} headingLevel="h2">
      <EmptyStateBody>
        A delivery appears here by itself when a developer of {session.providerName} signs up or changes something, and
        the webhooks settings send that event.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <SignUpButton />
        </EmptyStateActions>
        <EmptyStateActions>
          <LinkButton to="/webhooks/edit" variant="link">
            Webhooks settings
          </LinkButton>
          <LinkButton to="/events" variant="link">
            Events that were not sent
          </LinkButton>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
