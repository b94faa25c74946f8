import { EmptyStateActions } from "@patternfly/react-core";

import { mayOpen } from "../../api/session.ts";
import { useSession } from "../../api/session-context.ts";
import { LinkButton } from "../../components/link-button.tsx";

/** As the navigation calls what is not for admins alone. */
const places = [
  { to: "/accounts", title: "Accounts" },
  { to: "/applications", title: "Applications" },
  { to: "/products", title: "Products" },
  { to: "/account-plans", title: "Account plans" },
  { to: "/fields-definitions", title: "Fields definitions" },
  { to: "/settings", title: "General settings" },
  { to: "/access-tokens", title: "Access tokens" },
  { to: "/personal", title: "Personal settings" },
] as const;

/** Where a member may go. */
export function OpenPlaces() {
  const session = useSession();
  return (
    <EmptyStateActions>
      {places
        .filter(({ to }) => mayOpen(session, to))
        .map(({ to, title }) => (
          <LinkButton key={to} to={to} variant="link">
            {title}
          </LinkButton>
        ))}
    </EmptyStateActions>
  );
}
