import { useEffect, useState } from "react";

/** From here on PatternFly shows the sidebar beside the page instead of over it. */
const isWide = window.matchMedia("(min-width: 75rem)");

/** The button that opens and closes it, which has the focus once it is closed. */
export const sidebarToggleId = "nav-toggle";

/** Whether the sidebar is open. Over the page, it closes as a dialog does, and when a place was chosen. */
export function useSidebar() {
  const [isOpen, setOpen] = useState(isWide.matches);
  const toggle = (): void => setOpen((was) => !was);

  useEffect(() => {
    const followWidth = (): void => setOpen(isWide.matches);
    isWide.addEventListener("change", followWidth);
    return () => isWide.removeEventListener("change", followWidth);
  }, []);

  useEffect(() => {
    if (!isOpen) return undefined;
    const onKey = ({ key }: KeyboardEvent): void => {
      if (key !== "Escape" || isWide.matches) return;
      setOpen(false);
      document.getElementById(sidebarToggleId)?.focus();
    };
    // Not a click: Safari on a phone tells of none where there is nothing to click.
    const onPress = ({ target }: PointerEvent): void => {
      const isOurs = target instanceof Element && target.closest(`.pf-v6-c-page__sidebar, #${sidebarToggleId}`);
      if (!isOurs) setOpen(isWide.matches);
    };
    document.addEventListener("keydown", onKey);
    document.addEventListener("pointerdown", onPress);
    return () => {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("pointerdown", onPress);
    };
  }, [isOpen]);

  return { isOpen, toggle, leave: (): void => setOpen(isWide.matches) };
}
