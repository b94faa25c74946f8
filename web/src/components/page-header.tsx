import { Content, Flex, FlexItem, PageSection, Title } from "@patternfly/react-core";
import { useEffect, type ReactNode } from "react";

export interface PageHeaderProps {
  readonly title: string;
  readonly children?: ReactNode;
  /** Beside the title. */
  readonly actions?: ReactNode;
  /** Above the title. */
  readonly breadcrumb?: ReactNode;
}

export function PageHeader({ title, children, actions, breadcrumb }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} | Bellwire`;
  }, [title]);
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
