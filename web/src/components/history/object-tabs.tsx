import { Nav, NavItem, NavList, PageSection } from "@patternfly/react-core";
import { Link, type LinkProps } from "@tanstack/react-router";

type Tab = "Overview" | "History";

/** The pages of an account. A deleted account still has a history. */
export function AccountTabs({ id, current }: { id: number; current: Tab }) {
  const params = { id: String(id) };
  return (
    <PageTabs
      label="Account"
      current={current}
      tabs={[
        { title: "Overview", to: { to: "/accounts/$id", params } },
        { title: "History", to: { to: "/accounts/$id/history", params } },
      ]}
    />
  );
}

/** The pages of an application. A deleted application still has a history. */
export function ApplicationTabs({ accountId, id, current }: { accountId: number; id: number; current: Tab }) {
  const params = { accountId: String(accountId), id: String(id) };
  return (
    <PageTabs
      label="Application"
      current={current}
      tabs={[
        { title: "Overview", to: { to: "/accounts/$accountId/applications/$id", params } },
        { title: "History", to: { to: "/accounts/$accountId/applications/$id/history", params } },
      ]}
    />
  );
}

/** A view of an object, on a page of its own. */
interface PageTab {
  readonly title: string;
  readonly to: LinkProps;
}

export interface PageTabsProps {
  /** The accessible name. */
  readonly label: string;
  readonly tabs: readonly PageTab[];
  /** The title of the present page. */
  readonly current: string;
}

/** Links between the pages of one object. */
const PageTabs = ({ label, tabs, current }: PageTabsProps) => (
  <PageSection type="subnav">
    <Nav variant="horizontal-subnav" aria-label={label}>
      <NavList>
        {tabs.map(({ title, to }) => (
          <NavItem key={title} isActive={title === current}>
            <Link {...to}>{title}</Link>
          </NavItem>
        ))}
      </NavList>
    </Nav>
  </PageSection>
);
