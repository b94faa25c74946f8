import { DropdownItem, DropdownList } from "@patternfly/react-core";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import { useNavigate } from "@tanstack/react-router";

import { mayUseWebhooks } from "../api/session.ts";
import { useSession } from "../api/session-context.ts";
import { MastheadMenu } from "./masthead-menu.tsx";

export function HelpMenu() {
  const navigate = useNavigate();
  return (
    <MastheadMenu label="Help" icon={<QuestionCircleIcon />}>
      <DropdownList>
        <DropdownItem to="/p/admin/api-docs">API Docs</DropdownItem>
        {mayUseWebhooks(useSession()) && (
          <DropdownItem onClick={() => void navigate({ to: "/webhooks/samples" })}>
            What the webhooks look like
          </DropdownItem>
        )}
      </DropdownList>
    </MastheadMenu>
  );
}
