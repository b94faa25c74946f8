import { createContext, use, useEffect, useState } from "react";

import type { Toast } from "./toast-context.ts";

/** Puts a dialog in front, which is told of refusals from then on; what it answers takes the dialog away again. */
type Enter = (tell: (refusal: Toast) => void) => () => void;

export const DialogContext = createContext<Enter>(() => () => undefined);

/** What was refused while this dialog is in front: it is said in the dialog, where somebody looks, and not behind it. */
export function useRefusal() {
  const enter = use(DialogContext);
  const [refusal, setRefusal] = useState<Toast>();
  useEffect(() => enter(setRefusal), [enter]);
  return { refusal, forget: () => setRefusal(undefined) };
}
