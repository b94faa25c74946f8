import { DescriptionList } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import type { Endpoint } from "../../api/endpoint-queries.ts";
import { newestFailuresQuery } from "../../api/failure-queries.ts";
import { EndpointStateLabel } from "../../components/endpoint/endpoint-state-label.tsx";
import { Fact } from "../../components/fact.tsx";
import { When } from "../../components/when.tsx";
import { usePendingCount } from "./use-pending-count.ts";

export function EndpointFacts({ endpoint }: { endpoint: Endpoint }) {
  const { data: failures } = useQuery(newestFailuresQuery(useApi(), endpoint.id));
  const newest = failures?.data[0];
  const search = { endpoint_id: endpoint.id };
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
      <Fact term="State">
        <EndpointStateLabel endpoint={endpoint} />
      </Fact>
      <Fact term="Pending">
        <Link to="/deliveries" search={{ ...search, state: "pending" }}>
          {usePendingCount(endpoint.id)}
        </Link>
      </Fact>
      <Fact term="Last problem">
        {newest ? (
          <>
            <Link to="/deliveries/$id" params={{ id: newest.delivery_id }}>
              {newest.error}
            </Link>{" "}
            <When at={newest.failed_at} />
          </>
        ) : (
          "None"
        )}
      </Fact>
      <Fact term="Deliveries">
        <Link to="/deliveries" search={search}>
          All of this endpoint
        </Link>
      </Fact>
      <Fact term="Created">
        <When at={endpoint.created_at} isExact />
      </Fact>
      <Fact term="Changed">
        <When at={endpoint.updated_at} isExact />
      </Fact>
    </DescriptionList>
  );
}
