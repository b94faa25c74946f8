import type { Attempt } from "../../api/delivery-queries.ts";
import type { Toast } from "../../toasts/toast-context.ts";

/** As its button calls it. */
export type TestRequest = "Ping" | "Test event";

/** What came of a test request, as a toast: 3scale called any answer a success. */
export function pingToast(url: string, { status, error }: Pick<Attempt, "status" | "error">, what: TestRequest): Toast {
  if (status === null) return { kind: "danger", title: `${what} failed: ${JSON.stringify(error)}` };
  const title = `${url} responded with ${status}`;
  if (status < 200 || status >= 300) return { kind: "warning", title };
  // An answer such as 202 is friendly, and still no delivery while exactly 200 is asked for.
  return { kind: "success", title, ...(error && { detail: `A delivery would be tried again: ${error}` }) };
}
