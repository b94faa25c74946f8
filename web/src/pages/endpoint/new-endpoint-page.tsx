import { PageSection } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { eventTypesQuery } from "../../api/event-type-queries.ts";
import { Loaded } from "../../components/loaded.tsx";
import { PageBreadcrumb } from "../../components/page-breadcrumb.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { EndpointForm } from "./endpoint-form.tsx";

export function NewEndpointPage() {
  const types = useQuery(eventTypesQuery(useApi()));
  return (
    <>
      <PageHeader
        title="New endpoint"
        breadcrumb={<PageBreadcrumb to="/endpoints" list="Endpoints" here="New endpoint" />}
      >
        A name and a URL are enough: the rest fits the format, and can be changed at any time.
      </PageHeader>
      <PageSection>
        <Loaded query={types} skeleton={<TableSkeleton of="the form" />}>
          {(all) => <EndpointForm types={all} />}
        </Loaded>
      </PageSection>
    </>
  );
}
