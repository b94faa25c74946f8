import {
  Breadcrumb,
  BreadcrumbItem,
  Button,
  type ButtonProps,
  Card,
  CardBody,
  CardHeader,
  CardTitle,
  Content,
  Flex,
  FlexItem,
  PageSection,
  StackItem,
  Title,
} from "@patternfly/react-core";
import ExternalLinkAltIcon from "@patternfly/react-icons/dist/esm/icons/external-link-alt-icon";
import { Link, type LinkProps, createLink } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { useSession } from "../api/session.tsx";

export interface PageHeaderProps {
  readonly title: string;
  readonly children?: ReactNode;
  /** Shown beside the title. */
  readonly actions?: ReactNode;
  /** Shown above the title. */
  readonly breadcrumb?: ReactNode;
}

export function PageHeader({ title, children, actions, breadcrumb }: PageHeaderProps) {
  usePageTitle(title);
  return (
    <PageSection>
      {breadcrumb}
      <Flex
        className="bellwire-page-head"
        justifyContent={{ default: "justifyContentSpaceBetween" }}
        alignItems={{ default: "alignItemsFlexStart" }}
      >
        <FlexItem>
          <Title headingLevel="h1">{title}</Title>
        </FlexItem>
        {actions && <FlexItem>{actions}</FlexItem>}
      </Flex>
      {children && <Content component="p">{children}</Content>}
    </PageSection>
  );
}

const titleEnd = " | Bellwire";

/** Sets the title of the browser tab. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title}${titleEnd}`;
  }, [title]);
}

/** Returns the title that the page has set, or an empty text before it has. */
export const readPageTitle = ({ title }: Document): string =>
  title.endsWith(titleEnd) ? title.slice(0, -titleEnd.length) : "";

/** Moves the focus to the opener or to the page's main region, if the element that had it is gone. */
export function focusIfLost(page: Document, opener?: HTMLElement, main = page.querySelector("main")): void {
  const { activeElement, body } = page;
  if (activeElement !== null && activeElement !== body) return;
  const target = opener?.isConnected ? opener : main;
  target?.focus();
}

export interface PageBreadcrumbProps {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly list: string;
  /** A link to the object of the list that the page's object is part of. */
  readonly parent?: ReactNode;
  /** The title of the page itself. */
  readonly current: string;
}

/** Leads from an object's page to its list. */
export function PageBreadcrumb({ to, list, parent, current }: PageBreadcrumbProps) {
  return (
    <Breadcrumb className="bellwire-breadcrumb">
      <BreadcrumbItem
        render={({ className }) => (
          <Link className={className} to={to}>
            {list}
          </Link>
        )}
      />
      {parent && <BreadcrumbItem>{parent}</BreadcrumbItem>}
      <BreadcrumbItem isActive>{current}</BreadcrumbItem>
    </Breadcrumb>
  );
}

export interface SectionCardProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Shown beside the title. */
  readonly actions?: ReactNode;
}

/** A titled section of a page. */
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

/** A link within the Admin Portal in the form of PatternFly's button. */
export const LinkButton = createLink((props: ButtonProps) => <Button component="a" {...props} />);

/** Opens the Developer Portal's sign-up, the quickest way to fire three events. */
export function SignUpButton() {
  const { developerPortalUrl } = useSession();
  return (
    <Button
      component="a"
      href={`${developerPortalUrl.replace(/\/$/, "")}/signup`}
      target="_blank"
      rel="noreferrer"
      icon={<ExternalLinkAltIcon />}
      iconPosition="end"
    >
      Sign up as a developer
    </Button>
  );
}
