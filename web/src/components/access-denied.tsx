import { EmptyState, EmptyStateBody } from "@patternfly/react-core";
import LockIcon from "@patternfly/react-icons/dist/esm/icons/lock-icon";

export function AccessDenied() {
  return (
    <EmptyState titleText="Access denied" icon={LockIcon} headingLevel="h1">
      <EmptyStateBody>
        Webhooks carry every account, user and application to another system, so only admins can see and change them.
        Ask an admin of your organization.
      </EmptyStateBody>
    </EmptyState>
  );
}
