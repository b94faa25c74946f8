import { Card, CardBody, CardTitle, StackItem } from "@patternfly/react-core";
import type { ReactNode } from "react";

/** A part of a page that shows one thing. */
export function SectionCard({ title, children }: { title: string; children: ReactNode }) {
  return (
    <StackItem>
      <Card>
        <CardTitle component="h2">{title}</CardTitle>
        <CardBody>{children}</CardBody>
      </Card>
    </StackItem>
  );
}
