import { Card, CardBody, CardHeader, CardTitle, StackItem } from "@patternfly/react-core";
import type { ReactNode } from "react";

export interface SectionCardProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Beside the title. */
  readonly actions?: ReactNode;
}

/** A part of a page that shows one thing. */
export function SectionCard({ title, children, actions }: SectionCardProps) {
  return (
    <StackItem>
      <Card>
        <CardHeader {...(actions !== undefined && { actions: { actions } })}>
          <CardTitle component="h2">{title}</CardTitle>
        </CardHeader>
        <CardBody>{children}</CardBody>
      </Card>
    </StackItem>
  );
}
