import { Alert } from "@patternfly/react-core";

import type { Toast } from "../toasts/toast-context.ts";

/** Why a dialog stays open. */
export const Refused = ({ refusal }: { refusal: Toast | undefined }) =>
  refusal && (
    <div ref={show}>
      <Alert
        isInline
        isLiveRegion
        role="alert"
        component="h2"
        variant="danger"
        title={refusal.title}
        className="bellwire-notice"
      >
        {refusal.detail}
      </Alert>
    </div>
  );

/** A long dialog may be scrolled to its end, where the button is. */
const show = (alert: HTMLElement | null): void => alert?.scrollIntoView?.({ block: "nearest" });
