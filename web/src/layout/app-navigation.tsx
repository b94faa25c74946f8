import { Badge, Nav, NavList } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";

import { useApi } from "../api/api-context.ts";
import { failureCountQuery } from "../api/failure-queries.ts";
import { AccountSettingsNavigation } from "./account-settings-navigation.tsx";
import { NavLink } from "./nav-link.tsx";
import { NavPlaces } from "./nav-places.tsx";

/** An application's page lies below its account's. */
const isOfApplications = (path: string): boolean => path.includes("/applications");

/** The places of the Admin Portal. */
export function AppNavigation({ onGo }: { onGo: () => void }) {
  return (
    <Nav aria-label="Admin Portal" onSelect={onGo}>
      <NavList>
        <NavLink to="/" isAt={(path) => path === "/"}>
          Start
        </NavLink>
      </NavList>
      <NavPlaces title="Developers" of={["/accounts", "/applications", "/mails"]}>
        <NavLink to="/accounts" isAt={(path) => path.startsWith("/accounts") && !isOfApplications(path)}>
          Accounts
        </NavLink>
        <NavLink to="/applications" isAt={isOfApplications}>
          Applications
        </NavLink>
        <NavLink to="/mails">Mails</NavLink>
      </NavPlaces>
      <NavPlaces title="Products" of={["/products", "/account-plans", "/fields-definitions"]}>
        <NavLink to="/products">Products</NavLink>
        <NavLink to="/account-plans">Account plans</NavLink>
        <NavLink to="/fields-definitions">Fields definitions</NavLink>
      </NavPlaces>
      <NavPlaces title="Webhooks" of={["/deliveries", "/failures", "/events", "/bins"]}>
        <NavLink to="/deliveries">Deliveries</NavLink>
        <NavLink to="/failures">
          Failures <FailureBadge />
        </NavLink>
        <NavLink to="/events">Events</NavLink>
        <NavLink to="/bins">Request bins</NavLink>
      </NavPlaces>
      <AccountSettingsNavigation />
    </Nav>
  );
}

function FailureBadge() {
  const { data: count = 0 } = useQuery(failureCountQuery(useApi()));
  return count > 0 ? <Badge screenReaderText="failures">{count}</Badge> : null;
}
