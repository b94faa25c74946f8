import { DescriptionList } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { Fact } from "./fact.tsx";

export interface HeaderFactsProps {
  readonly label: string;
  readonly headers: Readonly<Record<string, ReactNode>>;
}

/** HTTP headers, beside each other where there is room. */
export function HeaderFacts({ label, headers }: HeaderFactsProps) {
  return (
    <DescriptionList isCompact orientation={{ md: "horizontal" }} termWidth="13rem" aria-label={label}>
      {Object.entries(headers).map(([name, content]) => (
        <Fact key={name} term={name}>
          {content}
        </Fact>
      ))}
    </DescriptionList>
  );
}
