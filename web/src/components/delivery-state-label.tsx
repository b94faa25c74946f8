import { Label } from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import HourglassHalfIcon from "@patternfly/react-icons/dist/esm/icons/hourglass-half-icon";

import type { DeliveryState } from "../api/delivery-queries.ts";

export function DeliveryStateLabel({ state }: { state: DeliveryState }) {
  switch (state) {
    case "pending":
      return <Label color="blue" icon={<HourglassHalfIcon />}>Pending</Label>;
    case "delivered":
      return <Label status="success">Delivered</Label>;
    case "failed":
      return <Label status="danger">Failed</Label>;
    case "cancelled":
      return <Label icon={<BanIcon />}>Cancelled</Label>;
  }
}
