import { Content, Flex, FlexItem, PageSection, Title } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { usePageTitle } from "./use-page-title.ts";

export interface PageHeaderProps {
  readonly title: string;
  readonly children?: ReactNode;
  /** Beside the title. */
  readonly actions?: ReactNode;
  /** Above the title. */
  readonly breadcrumb?: ReactNode;
}

export function PageHeader({ title, children, actions, breadcrumb }: PageHeaderProps) {
  usePageTitle(title);
  return (
    <PageSection>
      {breadcrumb}
      <Flex justifyContent={{ default: "justifyContentSpaceBetween" }} alignItems={{ default: "alignItemsFlexStart" }}>
        <FlexItem flex={{ default: "flex_1" }}>
          <Title headingLevel="h1" className="bellwire-page-title">
            {title}
          </Title>
          {children && <Content component="p">{children}</Content>}
        </FlexItem>
        {actions && <FlexItem>{actions}</FlexItem>}
      </Flex>
    </PageSection>
  );
}
