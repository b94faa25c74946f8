import { useState } from "react";

import type { Values } from "../api/management/management-client.ts";

/** What was typed over what is saved. Without anything typed, what is saved shows through, also when it changes. */
export function useTyped(saved: Values) {
  const [typed, setTyped] = useState<Values>();
  return {
    values: { ...saved, ...typed },
    typed,
    change: (changed: Values): void => setTyped({ ...typed, ...changed }),
    forget: (): void => setTyped(undefined),
  };
}
