import { Label } from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import HourglassHalfIcon from "@patternfly/react-icons/dist/esm/icons/hourglass-half-icon";

import type { DeliveryState } from "../api/delivery-queries.ts";

export function DeliveryStateLabel({ state }: { state: DeliveryState }) {
  switch (state) {
    case "pending":
      return (
        <Label isCompact color="blue" icon={<HourglassHalfIcon />}>
          Pending
        </Label>
      );
    case "delivered":
      return (
        <Label isCompact status="success">
          Delivered
        </Label>
      );
    case "failed":
      return (
        <Label isCompact status="danger">
          Failed
        </Label>
      );
    case "cancelled":
      return (
        <Label isCompact icon={<BanIcon />}>
          Cancelled
        </Label>
      );
  }
}
