import { EmptyState, EmptyStateBody } from "@patternfly/react-core";
import LockIcon from "@patternfly/react-icons/dist/esm/icons/lock-icon";

export function AccessDenied() {
  return (
    <EmptyState titleText="Access denied" icon={LockIcon} headingLevel="h1">
      <EmptyStateBody>
        Webhooks, mails and the team are for admins; every other page is for those to whom an admin has given its
        section. Ask an admin of your organization.
      </EmptyStateBody>
    </EmptyState>
  );
}
