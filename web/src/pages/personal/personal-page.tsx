import { PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";

import { useManagement } from "../../api/management/management-context.ts";
import { colleagueQuery } from "../../api/management/team-queries.ts";
import { useSession } from "../../api/session-context.ts";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SectionCard } from "../../components/section-card.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { OwnNamesForm } from "./own-names-form.tsx";
import { OwnPasswordForm } from "./own-password-form.tsx";

/** For everybody who can sign in, whatever else is open to them. */
export function PersonalPage() {
  const query = useQuery(colleagueQuery(useManagement(), useSession().userId));
  return (
    <>
      <PageHeader title="Personal settings">What you are called here, and how you sign in.</PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="your settings" />}>
          {(user) => (
            <Stack hasGutter>
              <SectionCard title="Your names">
                <OwnNamesForm user={user} />
              </SectionCard>
              <SectionCard title="Your password">
                <OwnPasswordForm userId={user.id} />
              </SectionCard>
            </Stack>
          )}
        </Loaded>
      </PageSection>
    </>
  );
}
