import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from "@patternfly/react-core";
import type { ReactNode } from "react";

/** A line of a description list. */
export function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}

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
