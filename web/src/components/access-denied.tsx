import { EmptyState, EmptyStateBody } from "@patternfly/react-core";
import LockIcon from "@patternfly/react-icons/dist/esm/icons/lock-icon";

export function AccessDenied() {
  return (
    <EmptyState titleText="Access denied" icon={LockIcon} headingLevel="h1">
      <EmptyStateBody>
        Your role does not open this page: webhooks are for admins, and everything else for whom an admin has given its
        section. Ask an admin of your organization.
      </EmptyStateBody>
    </EmptyState>
  );
}
