import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import CubesIcon from "@patternfly/react-icons/dist/esm/icons/cubes-icon";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";

export interface NoApplicationsProps {
  readonly isFiltered: boolean;
  readonly onShowAll: () => void;
}

export const NoApplications = ({ isFiltered, onShowAll }: NoApplicationsProps) =>
  isFiltered ? (
    <EmptyState titleText="No application matches" icon={SearchIcon} headingLevel="h2">
      <EmptyStateBody>
        Names are searched for a part of them. An application id or a user key must be given in full.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="link" onClick={onShowAll}>
            Show all applications
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  ) : (
    <EmptyState titleText="No applications yet" icon={CubesIcon} headingLevel="h2">
      <EmptyStateBody>
        Each account gets one on the default plan when it signs up. Developers make more in the Developer Portal.
      </EmptyStateBody>
    </EmptyState>
  );
