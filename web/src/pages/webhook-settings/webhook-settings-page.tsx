import { PageSection, Skeleton, Stack, StackItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Navigate, useLocation } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import { defaultEndpointQuery } from "../../api/endpoint-queries.ts";
import { eventTypesQuery } from "../../api/event-type-queries.ts";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SettingsForm } from "./settings-form.tsx";

/** Account Settings > Integrate > Webhooks: `new` until something is saved, `edit` from then on. */
export function WebhookSettingsPage() {
  const path = useLocation({ select: ({ pathname }) => (pathname === "/webhooks/new" ? "new" : "edit") });
  const api = useApi();
  const endpoint = useQuery(defaultEndpointQuery(api));
  const types = useQuery(eventTypesQuery(api));
  return (
    <>
      <PageHeader title="Webhooks">
        When one of the events below happens, an HTTP request with the changed account, user or application is sent to
        your URL.
      </PageHeader>
      <PageSection>
        <Loaded query={endpoint} skeleton={<FormSkeleton />}>
          {(saved) => (
            <Loaded query={types} skeleton={<FormSkeleton />}>
              {(all) => {
                const rightPath = saved ? "edit" : "new";
                if (path !== rightPath) return <Navigate to={`/webhooks/${rightPath}`} hash={true} replace />;
                return <SettingsForm endpoint={saved} types={all} />;
              }}
            </Loaded>
          )}
        </Loaded>
      </PageSection>
    </>
  );
}

function FormSkeleton() {
  return (
    <Stack hasGutter>
      {["30%", "45%", "50%", "60%", "40%", "35%"].map((width) => (
        <StackItem key={width}>
          <Skeleton width={width} screenreaderText="Loading the settings" />
        </StackItem>
      ))}
    </Stack>
  );
}
