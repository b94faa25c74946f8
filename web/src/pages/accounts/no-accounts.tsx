import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import UsersIcon from "@patternfly/react-icons/dist/esm/icons/users-icon";

import { SignUpButton } from "../../components/sign-up-button.tsx";

export interface NoAccountsProps {
  readonly isFiltered: boolean;
  readonly onShowAll: () => void;
}

export function NoAccounts({ isFiltered, onShowAll }: NoAccountsProps) {
  return (
    <EmptyState
      titleText={isFiltered ? "No account matches" : "No accounts yet"}
      icon={isFiltered ? SearchIcon : UsersIcon}
      headingLevel="h2"
    >
      <EmptyStateBody>
        {isFiltered
          ? "The search looks at the names of organizations, and at the names and e-mail addresses of their users."
          : "An account is made when somebody signs up in the Developer Portal, when you make one here, or by a program through the API."}
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          {isFiltered ? (
            <Button variant="link" onClick={onShowAll}>
              Show all accounts
            </Button>
          ) : (
            <SignUpButton />
          )}
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
