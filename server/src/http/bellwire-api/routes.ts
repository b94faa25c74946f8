import {
  declineAccountPlanRequestRoute,
  listAccountPlanRequestsRoute,
} from "./developers/account-plan-request-routes.ts";
import { listAuditRecordsRoute } from "./audit-records/list-audit-records-route.ts";
import type { BellwireApiRoute } from "./bellwire-api-route.ts";
import { changeBinRoute } from "./bins/change-bin-route.ts";
import { createBinRoute } from "./bins/create-bin-route.ts";
import { deleteBinRoute } from "./bins/delete-bin-route.ts";
import { listBinRequestsRoute, readBinRequestBodyRoute } from "./bins/list-bin-requests-route.ts";
import { listBinsRoute } from "./bins/list-bins-route.ts";
import { readBinRoute } from "./bins/read-bin-route.ts";
import { cancelDeliveryRoute } from "./deliveries/cancel-delivery-route.ts";
import { skipDeliveryRoute } from "./deliveries/skip-delivery-route.ts";
import { listDeliveriesRoute } from "./deliveries/list-deliveries-route.ts";
import { readDeliveryRoute } from "./deliveries/read-delivery-route.ts";
import { retryDeliveryRoute } from "./deliveries/retry-delivery-route.ts";
import { bulkAccountsRoute } from "./developers/bulk-accounts-route.ts";
import { bulkApplicationsRoute } from "./developers/bulk-applications-route.ts";
import { resumeAccountRoute, suspendAccountRoute } from "./developers/change-account-state-routes.ts";
import {
  deleteInvitationRoute,
  inviteRoute,
  listInvitationsRoute,
  resendInvitationRoute,
} from "./developers/invitation-routes.ts";
import { declinePlanRequestRoute, listPlanRequestsRoute } from "./developers/plan-request-routes.ts";
import { regenerateApplicationKeyRoute, regenerateUserKeyRoute } from "./developers/regenerate-key-routes.ts";
import { rejectApplicationRoute } from "./developers/reject-application-route.ts";
import { sendActivationRoute } from "./developers/send-activation-route.ts";
import { changeEndpointRoute } from "./endpoints/change-endpoint-route.ts";
import { createEndpointRoute } from "./endpoints/create-endpoint-route.ts";
import { deleteEndpointRoute } from "./endpoints/delete-endpoint-route.ts";
import { listEndpointsRoute } from "./endpoints/list-endpoints-route.ts";
import { pingEndpointRoute } from "./endpoints/ping-endpoint-route.ts";
import { readEndpointRoute } from "./endpoints/read-endpoint-route.ts";
import { readSecretRoute } from "./endpoints/read-secret-route.ts";
import { readUrlRoute } from "./endpoints/read-url-route.ts";
import { rotateSecretRoute } from "./endpoints/rotate-secret-route.ts";
import { listEventTypesRoute } from "./event-types/list-event-types-route.ts";
import { readSampleRoute } from "./event-types/read-sample-route.ts";
import { listEventsRoute } from "./events/list-events-route.ts";
import { readEventRoute } from "./events/read-event-route.ts";
import { sendEventRoute } from "./events/send-event-route.ts";
import { countFailuresRoute } from "./failures/count-failures-route.ts";
import { deleteFailuresRoute } from "./failures/delete-failures-route.ts";
import { listFailuresRoute } from "./failures/list-failures-route.ts";
import { retryFailuresRoute } from "./failures/retry-failures-route.ts";
import { listLimitsRoute } from "./limits/list-limits-route.ts";
import { listMailsRoute } from "./mails/list-mails-route.ts";
import { cancelReplayRoute } from "./replays/cancel-replay-route.ts";
import { createReplayRoute } from "./replays/create-replay-route.ts";
import { listReplaysRoute } from "./replays/list-replays-route.ts";
import { readReplayRoute } from "./replays/read-replay-route.ts";
import { openStreamRoute } from "./stream/open-stream-route.ts";

/** All that the API can do, in the order of its documentation. */
export const routes: readonly BellwireApiRoute[] = [
  listEndpointsRoute,
  createEndpointRoute,
  readEndpointRoute,
  changeEndpointRoute,
  deleteEndpointRoute,
  readSecretRoute,
  readUrlRoute,
  rotateSecretRoute,
  pingEndpointRoute,
  listEventTypesRoute,
  readSampleRoute,
  listEventsRoute,
  readEventRoute,
  sendEventRoute,
  listDeliveriesRoute,
  readDeliveryRoute,
  retryDeliveryRoute,
  skipDeliveryRoute,
  cancelDeliveryRoute,
  listFailuresRoute,
  countFailuresRoute,
  deleteFailuresRoute,
  retryFailuresRoute,
  createReplayRoute,
  listReplaysRoute,
  readReplayRoute,
  cancelReplayRoute,
  listBinsRoute,
  createBinRoute,
  readBinRoute,
  changeBinRoute,
  deleteBinRoute,
  listBinRequestsRoute,
  readBinRequestBodyRoute,
  suspendAccountRoute,
  resumeAccountRoute,
  bulkAccountsRoute,
  listInvitationsRoute,
  inviteRoute,
  resendInvitationRoute,
  deleteInvitationRoute,
  sendActivationRoute,
  listPlanRequestsRoute,
  declinePlanRequestRoute,
  listAccountPlanRequestsRoute,
  declineAccountPlanRequestRoute,
  rejectApplicationRoute,
  regenerateUserKeyRoute,
  regenerateApplicationKeyRoute,
  bulkApplicationsRoute,
  listLimitsRoute,
  listMailsRoute,
  listAuditRecordsRoute,
  openStreamRoute,
];
