import { Content, ExpandableSection } from "@patternfly/react-core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiClient, type BellwireSchemas, responseBody, useApi } from "../../api/bellwire-client.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
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

const columns: readonly ListColumn<BellwireSchemas["Limit"]>[] = [
  { title: "Limit", show: ({ name }) => inWords(name), place: "title" },
  {
    title: "Used",
    show: ({ used }) => (used === null ? "–" : used.toLocaleString("en")),
    place: "start",
    isLabelled: true,
  },
  { title: "Allowed", show: ({ max }) => max.toLocaleString("en"), place: "end", isLabelled: true },
];

function Limits() {
  const query = useQuery(limitsQuery(useApi()));
  return (
    <Loaded query={query} skeleton={<TableSkeleton of="the limits" />}>
      {({ data }) => <ListTable label="Limits" rows={data} columns={columns} keyOf={({ name }) => name} />}
    </Loaded>
  );
}
