import { Page, PageSidebar, PageSidebarBody, SkipToContent } from "@patternfly/react-core";
import { Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { mayOpen } from "../api/session.ts";
import { useSession } from "../api/session-context.ts";
import { AccessDenied } from "../components/access-denied.tsx";
import { AppMasthead } from "./app-masthead.tsx";
import { AppNavigation } from "./app-navigation.tsx";

const contentId = "content";
/** From here on PatternFly shows the sidebar beside the page instead of over it. */
const isWide = window.matchMedia("(min-width: 75rem)");

export function AppLayout() {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const session = useSession();
  const [isSidebarOpen, setSidebarOpen] = useState(isWide.matches);

  useEffect(() => {
    const followWidth = (): void => setSidebarOpen(isWide.matches);
    isWide.addEventListener("change", followWidth);
    return () => isWide.removeEventListener("change", followWidth);
  }, []);

  return (
    <Page
      masthead={
        <AppMasthead isSidebarOpen={isSidebarOpen} onToggleSidebar={() => setSidebarOpen((isOpen) => !isOpen)} />
      }
      sidebar={
        <PageSidebar isSidebarOpen={isSidebarOpen}>
          <PageSidebarBody>
            <AppNavigation onGo={() => setSidebarOpen(isWide.matches)} />
          </PageSidebarBody>
        </PageSidebar>
      }
      skipToContent={<SkipToContent href={`#${contentId}`}>Skip to content</SkipToContent>}
      mainContainerId={contentId}
      // PatternFly measures whether this is a phone only for somebody who listens.
      onPageResize={() => undefined}
      isContentFilled
    >
      {mayOpen(session, path) ? <Outlet /> : <AccessDenied />}
    </Page>
  );
}
