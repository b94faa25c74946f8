import { Button } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { type ComponentType, useEffect, useState } from "react";
import { useToast } from "../components/toast-context.ts";
import type { SearchDialogProps } from "./search-dialog.tsx";

/** The browser fetches the dialog when somebody is about to use it. */
const loadDialog = () => import("./search-dialog.tsx");
const preloadDialog = (): void => void loadDialog().catch(() => undefined);

/** The key that opens the search, as the keyboard of the machine names it. */
const shortcut = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘K" : "Ctrl K";

const isShortcut = (event: KeyboardEvent): boolean =>
  event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;

/** Whether a key is a character for the search, pressed before the search has the focus. */
const isTypedAhead = ({ key, ctrlKey, metaKey, target }: KeyboardEvent): boolean =>
  key.length === 1 && !ctrlKey && !metaKey && !(target instanceof Element && target.closest(".bellwire-quick-search"));

/** The search of everything, behind a button of the masthead and Ctrl-K. */
export function QuickSearch() {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [Dialog, setDialog] = useState<ComponentType<SearchDialogProps>>();
  const toast = useToast();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isShortcut(event)) setOpen((was) => !was);
      else if (isOpen && isTypedAhead(event)) setText((was) => was + event.key);
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [isOpen]);
  if (!isOpen && text !== "") setText("");
  useEffect(() => {
    if (!isOpen || Dialog) return;
    loadDialog().then(
      ({ SearchDialog }) => setDialog(() => SearchDialog),
      () => {
        setOpen(false);
        toast({ kind: "danger", title: "The search could not be loaded", detail: "Reload the page and try again." });
      },
    );
  }, [isOpen, Dialog, toast]);
  return (
    <>
      <Button
        variant="plain"
        className="bellwire-search-button"
        aria-keyshortcuts="Control+K Meta+K"
        icon={<SearchIcon />}
        onPointerEnter={preloadDialog}
        onFocus={preloadDialog}
        onClick={() => setOpen(true)}
      >
        <span className="bellwire-search-words">
          Search <kbd>{shortcut}</kbd>
        </span>
      </Button>
      {isOpen && Dialog && <Dialog text={text} onType={setText} onClose={() => setOpen(false)} />}
    </>
  );
}
