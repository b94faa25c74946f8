import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import LockIcon from "@patternfly/react-icons/dist/esm/icons/lock-icon";

import { LinkButton } from "./link-button.tsx";
import { usePageTitle } from "./use-page-title.ts";

const title = "Access denied";

export function AccessDenied() {
  usePageTitle(title);
  return (
    <EmptyState titleText={title} icon={LockIcon} headingLevel="h1">
      <EmptyStateBody>
        Webhooks, mails and the team are for admins; every other page is for those to whom an admin has given its
        section. Ask an admin of your organization.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <LinkButton to="/">What is open to you</LinkButton>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
