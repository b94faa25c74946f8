import { Button } from "@patternfly/react-core";
import ExternalLinkAltIcon from "@patternfly/react-icons/dist/esm/icons/external-link-alt-icon";

import type { Bin } from "../../api/bin-queries.ts";
import { LinkButton } from "../../components/link-button.tsx";

/** To the bin that the webhooks go to, or else to the list of what was sent. */
export function WatchButton({ bin }: { bin: Bin | undefined }) {
  if (!bin) {
    return (
      <LinkButton to="/deliveries" variant="secondary">
        Deliveries
      </LinkButton>
    );
  }
  return (
    <Button
      component="a"
      variant="secondary"
      href={bin.view_url}
      target="_blank"
      rel="noreferrer"
      icon={<ExternalLinkAltIcon />}
      iconPosition="end"
    >
      Open the request bin
    </Button>
  );
}
