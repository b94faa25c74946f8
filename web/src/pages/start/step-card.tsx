import { Card, CardBody, CardFooter, CardTitle } from "@patternfly/react-core";
import type { ReactNode } from "react";

export interface StepCardProps {
  readonly number: number;
  readonly title: string;
  readonly action: ReactNode;
  readonly children: ReactNode;
}

export function StepCard({ number, title, action, children }: StepCardProps) {
  return (
    <Card isFullHeight>
      <CardTitle component="h2">
        {number} · {title}
      </CardTitle>
      <CardBody>{children}</CardBody>
      <CardFooter>{action}</CardFooter>
    </Card>
  );
}
