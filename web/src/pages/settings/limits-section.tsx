import { Content, ExpandableSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiClient, responseBody, useApi } from "../../api/bellwire-client.ts";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";

const limitsQuery = (api: ApiClient) =>
  queryOptions({ queryKey: ["limits"], queryFn: () => responseBody(api.GET("/api/v1/limits")) });

/** Returns "Endpoints per provider" for `endpoints-per-provider`. */
const inWords = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll("-", " ")}`;

/** Shows the limits and their use. Fetches them when it is expanded. */
export function LimitsSection() {
  const [isOpen, setOpen] = useState(false);
  return (
    <ExpandableSection toggleText="Limits" isExpanded={isOpen} onToggle={(_event, open) => setOpen(open)}>
      <Content component="p">Your operator can raise these limits.</Content>
      {isOpen && <Limits />}
    </ExpandableSection>
  );
}

function Limits() {
  const query = useQuery(limitsQuery(useApi()));
  return (
    <Loaded query={query} skeleton={<TableSkeleton of="the limits" />}>
      {({ data }) => (
        <Table aria-label="Limits" variant="compact">
          <Thead>
            <Tr>
              <Th>Limit</Th>
              <Th>Used</Th>
              <Th>Allowed</Th>
            </Tr>
          </Thead>
          <Tbody>
            {data.map(({ name, used, max }) => (
              <Tr key={name}>
                <Td dataLabel="Limit">{inWords(name)}</Td>
                <Td dataLabel="Used">{used === null ? "–" : used.toLocaleString("en")}</Td>
                <Td dataLabel="Allowed">{max.toLocaleString("en")}</Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
    </Loaded>
  );
}
