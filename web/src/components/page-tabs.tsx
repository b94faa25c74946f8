import { Nav, NavItem, NavList, PageSection } from "@patternfly/react-core";
import { Link, type LinkProps } from "@tanstack/react-router";

/** A view of an object, on a page of its own. */
export interface PageTab {
  readonly title: string;
  readonly to: LinkProps;
}

export interface PageTabsProps {
  /** The accessible name. */
  readonly label: string;
  readonly tabs: readonly PageTab[];
  /** The title of the present page. */
  readonly here: string;
}

/** Links between the pages of one object. */
export const PageTabs = ({ label, tabs, here }: PageTabsProps) => (
  <PageSection type="subnav">
    <Nav variant="horizontal-subnav" aria-label={label}>
      <NavList>
        {tabs.map(({ title, to }) => (
          <NavItem key={title} isActive={title === here}>
            <Link {...to}>{title}</Link>
          </NavItem>
        ))}
      </NavList>
    </Nav>
  </PageSection>
);
