import type { Question } from "../../components/confirm-dialog.tsx";
import { toldToEndpoints } from "../../components/told-to-endpoints.ts";

/** What is asked before a step that stops an application, or throws something of it away. */
export function questionBefore(operation: string, name: string): Question | undefined {
  switch (operation) {
    case "suspend":
      return {
        title: `Suspend ${name}?`,
        says: `It must not be served any more, until you resume it. ${toldToEndpoints}`,
      };
    case "decustomize_plan":
      return {
        title: `Take ${name} back to the plan as it is for all?`,
        says: `The plan that was made for it alone is deleted, and cannot be brought back. ${toldToEndpoints}`,
      };
    default:
      return undefined;
  }
}
