import { PageSection } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";

import { useManagement } from "../../api/management/management-context.ts";
import { settingsQuery } from "../../api/management/settings-queries.ts";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { LimitsSection } from "./limits-section.tsx";
import { SettingsForm } from "./settings-form.tsx";

export function SettingsPage() {
  const query = useQuery(settingsQuery(useManagement()));
  return (
    <>
      <PageHeader title="General settings">
        Who comes into the Developer Portal and what they may do there, and what holds everywhere.
      </PageHeader>
      <PageSection>
        <Loaded query={query} skeleton={<TableSkeleton of="the settings" />}>
          {(saved) => <SettingsForm saved={saved} />}
        </Loaded>
      </PageSection>
      <PageSection>
        <LimitsSection />
      </PageSection>
    </>
  );
}
