import {
  Alert,
  AlertActionCloseButton,
  Page,
  PageSection,
  PageSidebar,
  PageSidebarBody,
  SkipToContent,
} from "@patternfly/react-core";
import { Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";
import { mayOpen, useSession } from "../api/session.tsx";
import { AlertBanner, InstallationBanner } from "../components/alert-banner.tsx";
import { defaultTimeSpan } from "../components/charts/time-span.ts";
import { useHasInput } from "../components/form/unsaved-input.ts";
import { AccessDenied } from "../components/loaded.tsx";
import { focusIfLost, readPageTitle } from "../components/page-header.tsx";
import { AppMasthead } from "./app-masthead.tsx";
import { AppNavigation, useSidebar } from "./app-navigation.tsx";

const contentId = "content";

export function AppLayout() {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const isAllowed = mayOpen(useSession(), path);
  const { isOpen, close } = useOpenPage(path, isAllowed);
  const sidebar = useSidebar();
  useFocusOnNewPage();
  useFocusNearRemoved();

  return (
    <Page
      masthead={<AppMasthead isSidebarOpen={sidebar.isOpen} onToggleSidebar={sidebar.toggle} />}
      sidebar={
        <PageSidebar isSidebarOpen={sidebar.isOpen}>
          <PageSidebarBody>
            <AppNavigation onGo={sidebar.leave} />
          </PageSidebarBody>
        </PageSidebar>
      }
      skipToContent={<SkipToContent href={`#${contentId}`}>Skip to content</SkipToContent>}
      mainContainerId={contentId}
      // PatternFly measures the page's width only if this is set.
      onPageResize={() => undefined}
      isContentFilled
    >
      <PageAnnouncer />
      <InstallationBanner />
      <AlertBanner />
      {isOpen && !isAllowed && <PermissionLost onInputGone={close} />}
      {isOpen && <IgnoredInAddress />}
      {isOpen ? <Outlet /> : <AccessDenied />}
    </Page>
  );
}

/** Tells whether a page is open. After its permission is lost, it stays while a form in it has input, or until it is closed. */
function useOpenPage(path: string, isAllowed: boolean) {
  const hasInput = useHasInput();
  const [openPath, setOpenPath] = useState<string>();
  const next = isAllowed || (path === openPath && hasInput()) ? path : undefined;
  if (next !== openPath) setOpenPath(next);
  const close = useCallback(() => setOpenPath(undefined), []);
  return { isOpen: next !== undefined, close };
}

/** Says why nothing can be saved. Calls back when the form is gone, such as that of a closed dialog. */
function PermissionLost({ onInputGone }: { onInputGone: () => void }) {
  const hasInput = useHasInput();
  useEffect(() => {
    const observer = new MutationObserver(() => hasInput() || onInputGone());
    observer.observe(document.body, { subtree: true, childList: true });
    return () => observer.disconnect();
  }, [hasInput, onInputGone]);
  return (
    <PageSection>
      <Alert isInline isLiveRegion component="h2" variant="warning" title="You are no longer allowed to use this page">
        Your input is still here, so that you can copy it. An admin of your organization can give you the permission
        again; then save your input.
      </Alert>
    </PageSection>
  );
}

/** Parameters that address the same page without them. */
const defaultParameters: ReadonlySet<string> = new Set(["page=1", "tab=overview", `span=${defaultTimeSpan}`]);

/** Returns the parameters of an opened address that its page has dropped: "state=bogus". Of several values, those that are dropped. */
function ignoredParameters(opened: string, kept: Readonly<Record<string, unknown>>): readonly string[] {
  return [...new URLSearchParams(opened)].flatMap(([name, text]) => {
    const given = text.split(",").map((value) => value.trim());
    const value = Object.hasOwn(kept, name) ? String(kept[name]) : "";
    const known = value.split(",");
    const isPart = value !== "" && known.every((each) => given.includes(each));
    // A value that the page has rewritten, such as a shortened text, still counts.
    if (value !== "" && !isPart) return [];
    const ignored = given.filter((each) => each !== "" && !known.includes(each)).join(",");
    return ignored === "" || defaultParameters.has(`${name}=${ignored}`) ? [] : [`${name}=${ignored}`];
  });
}

/** Names the filters of a shared link that do not apply: without them a list shows more, and its actions reach more. */
function IgnoredInAddress() {
  const { openedSearch } = useRouter().options.context;
  const { href, search } = useLocation();
  const [opened, setOpened] = useState<string>();
  const [isClosed, setClosed] = useState(false);
  const ignored = ignoredParameters(openedSearch, search);
  if (opened === undefined) setOpened(href);
  else if (opened !== href && !isClosed) setClosed(true);
  if (isClosed || ignored.length === 0) return null;
  return (
    <PageSection>
      <Alert
        isInline
        isLiveRegion
        component="h2"
        variant="warning"
        title="Parts of the address were ignored"
        actionClose={<AlertActionCloseButton onClose={() => setClosed(true)} />}
      >
        This page does not know {ignored.map((each) => `“${each.slice(0, 100)}”`).join(", ")}, so it may show more than
        the link meant. Check the link, or set the filters again.
      </Alert>
    </PageSection>
  );
}

/**
 * Announces the title of each new page to screen readers: they announce documents by themselves, but a link of the router loads none.
 * The focus stays on the link if it is still there.
 */
function PageAnnouncer() {
  const [title, setTitle] = useState("");
  useEffect(() => {
    const observer = new MutationObserver(() => setTitle(readPageTitle(document)));
    observer.observe(document.head, { subtree: true, childList: true, characterData: true });
    return () => observer.disconnect();
  }, []);
  return (
    <div role="status" className="pf-v6-screen-reader">
      {title}
    </div>
  );
}

/**
 * Moves the focus to the new page if the link that led there is gone. Otherwise some browsers let keyboard users start over at the top, and
 * screen readers do not notice the new page.
 */
export function useFocusOnNewPage(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        if (fromLocation && pathChanged) focusIfLost(document);
      }),
    [router],
  );
}

/**
 * Moves the focus to a control near the one that had it and was removed from the page, such as the menu of a deleted row or a cleared
 * filter. Otherwise screen readers and some browsers start over at the top. The page does not scroll, because a pointer may be elsewhere.
 */
function useFocusNearRemoved(): void {
  useEffect(() => {
    const main = document.querySelector("main");
    if (!main) return undefined;
    let last: Element | undefined;
    const remember = ({ target }: FocusEvent): void => {
      last = target instanceof Element && main.contains(target) ? target : undefined;
    };
    // Browsers also report that the focus leaves an element that is being removed.
    const forget = (): void =>
      void setTimeout(() => {
        if (last?.isConnected && last !== document.activeElement) last = undefined;
      });
    const observer = new MutationObserver((changes) => {
      const { activeElement, body } = document;
      const lost = last;
      if (!lost || lost.isConnected || (activeElement !== null && activeElement !== body)) return;
      last = undefined;
      const change = changes.find(({ removedNodes }) => [...removedNodes].some((node) => node.contains(lost)));
      // A new page has the focus itself.
      if (change && change.target !== main) findNear(change, main).focus({ preventScroll: true });
    });
    document.addEventListener("focusin", remember);
    document.addEventListener("focusout", forget);
    observer.observe(main, { subtree: true, childList: true });
    return () => {
      document.removeEventListener("focusin", remember);
      document.removeEventListener("focusout", forget);
      observer.disconnect();
    };
  }, []);
}

/** Without inputs for text, which open the keyboard of a phone. */
const controls = ":is(a[href], button:enabled, [type=checkbox]:enabled)";

/** Returns the first control after the place of a removed node, or the last one before it, within the same section of the page. */
function findNear({ target, nextSibling, previousSibling }: MutationRecord, main: HTMLElement): HTMLElement {
  let [after, before, parent] = [nextSibling, previousSibling, target];
  while (parent !== main && parent.parentNode) {
    for (let each = after; each; each = each.nextSibling) {
      const control = controlsIn(each).at(0);
      if (control) return control;
    }
    for (let each = before; each; each = each.previousSibling) {
      const control = controlsIn(each).at(-1);
      if (control) return control;
    }
    [after, before, parent] = [parent.nextSibling, parent.previousSibling, parent.parentNode];
  }
  return main;
}

const controlsIn = (node: Node): readonly HTMLElement[] => {
  if (!(node instanceof HTMLElement)) return [];
  const all = [...node.querySelectorAll<HTMLElement>(controls)];
  return node.matches(controls) ? [node, ...all] : all;
};
