import { Divider, DropdownGroup, DropdownItem, DropdownList } from "@patternfly/react-core";
import UserIcon from "@patternfly/react-icons/dist/esm/icons/user-icon";
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";

import { useSession } from "../api/session-context.ts";
import { MastheadMenu } from "./masthead-menu.tsx";
import { ThemeChoice } from "./theme-choice.tsx";

export function UserMenu() {
  const { userName, role, providerName, developerPortalUrl, csrfToken } = useSession();
  const navigate = useNavigate();
  const signOut = useRef<HTMLFormElement>(null);
  return (
    <>
      <form ref={signOut} method="post" action="/p/logout" hidden>
        <input type="hidden" name="form_token" value={csrfToken} />
      </form>
      <MastheadMenu label={`Signed in as ${userName}`} icon={<UserIcon />}>
        <DropdownGroup label={`${userName}, ${role} of ${providerName}`}>
          <DropdownList>
            <DropdownItem onClick={() => void navigate({ to: "/personal" })}>Personal settings</DropdownItem>
            <DropdownItem to={developerPortalUrl}>Developer Portal</DropdownItem>
          </DropdownList>
        </DropdownGroup>
        <Divider component="li" />
        <ThemeChoice />
        <Divider component="li" />
        <DropdownList>
          <DropdownItem onClick={() => signOut.current?.requestSubmit()}>Sign out</DropdownItem>
        </DropdownList>
      </MastheadMenu>
    </>
  );
}
