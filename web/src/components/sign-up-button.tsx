import { Button } from "@patternfly/react-core";
import ExternalLinkAltIcon from "@patternfly/react-icons/dist/esm/icons/external-link-alt-icon";

import { useSession } from "../api/session-context.ts";

/** To the Developer Portal's sign-up, the quickest way to fire three events. */
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
