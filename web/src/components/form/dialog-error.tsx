import { Alert } from "@patternfly/react-core";

import { ApiProblem, saysWhy } from "../../api/api-problem.ts";

/** What went wrong with what a dialog does, as long as no field says it. */
export function DialogError({ error }: { error: unknown }) {
  const isAtFields = error instanceof ApiProblem && Object.keys(error.errors).length > 0;
  if (!error || isAtFields) return null;
  return <Alert isInline isLiveRegion component="p" variant="danger" title={saysWhy(error)} />;
}
