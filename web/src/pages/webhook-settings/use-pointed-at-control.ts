import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";

const pointedAt = "bellwire-pointed-at";

/** Leads the eye and the keyboard to the control that a link such as `/webhooks/edit#all_actors` names. */
export function usePointedAtControl(): void {
  const hash = useLocation({ select: (location) => location.hash });
  useEffect(() => {
    const control = document.getElementById(hash);
    const surrounding = control?.parentElement;
    if (!control || !surrounding) return undefined;
    control.scrollIntoView({ block: "center" });
    control.focus({ preventScroll: true });
    surrounding.classList.add(pointedAt);
    return () => surrounding.classList.remove(pointedAt);
  }, [hash]);
}
