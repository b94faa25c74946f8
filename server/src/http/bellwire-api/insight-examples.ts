import type { Alert, AlertRule } from "#alerts/index.ts";
import { exampleExpiry, exampleTime, laterExampleTime } from "#platform/times.ts";
import type { HistoryEntryDetails } from "#portal/history/index.ts";
import type { EventDetails } from "#webhooks/events/index.ts";
import { representAlert, representAlertRule } from "./alerts.ts";
import { representHistoryEntry, representHistoryEntryDetails, representVersion } from "./history.ts";

/** An example request and its answer. */
interface Example {
  readonly body?: unknown;
  readonly answer?: unknown;
}

interface ExampleEndpoint {
  readonly id: number;
  readonly name: string;
}

const versionBefore = { id: 31, state: "approved", org_name: "Harbour" };
const version = { ...versionBefore, org_name: "Harbour & Sons" };

/** An entry of the account's history about the event. */
const historyEntryOf = (event: EventDetails, endpoint: ExampleEndpoint): HistoryEntryDetails => ({
  event,
  objectName: "Harbour & Sons",
  actorName: "mira",
  comparedWith: "019ca37a-2c80-7a61-8f02-6d1b2c3d4e5f",
  changes: [
    {
      field: "org_name",
      label: "Organization/Group Name",
      kind: "changed",
      before: "Harbour",
      after: "Harbour & Sons",
      isMasked: false,
      isDirect: true,
    },
  ],
  key: null,
  notifications: [
    {
      eventId: event.id,
      endpointId: endpoint.id,
      endpointName: endpoint.name,
      state: "delivered",
      gate: null,
      total: 2,
    },
    { eventId: event.id, endpointId: 1, endpointName: "default", state: "withheld", gate: "switch_off", total: 2 },
  ],
  before: versionBefore,
  after: version,
});

const alert: Omit<Alert, "endpointId" | "endpointName"> = {
  id: 97,
  kind: "success_rate",
  state: "open",
  value: 0.43,
  threshold: 0.5,
  sentence: "43 % of the attempts in the last 15 minutes succeeded. The limit is 50 %.",
  openedAt: laterExampleTime,
  closedAt: null,
  isMuted: false,
  mutedUntil: null,
};

const alertRule: AlertRule = {
  providerId: 2,
  id: 96,
  endpointId: null,
  kind: "success_rate",
  threshold: 0.5,
  clearThreshold: 0.9,
  forSeconds: 600,
  clearForSeconds: 600,
  minAttempts: 20,
  isEnabled: true,
  byMail: true,
  createdAt: exampleTime,
  updatedAt: exampleTime,
};

/** Returns the examples of histories and alerts, by operation id. */
export function insightExamples(event: EventDetails, endpoint: ExampleEndpoint): Readonly<Record<string, Example>> {
  const entry = historyEntryOf(event, endpoint);
  const own = { ...alert, endpointId: endpoint.id, endpointName: endpoint.name };
  const history = { data: [representHistoryEntry(entry)], next: null };
  const entryDocument = representHistoryEntryDetails(entry);
  const versionDocument = representVersion(laterExampleTime, {
    state: "existed",
    version,
    event,
    fields: [{ field: "org_name", label: "Organization/Group Name", value: "Harbour & Sons", isMasked: false }],
  });
  return {
    listAlerts: { answer: { data: [representAlert(own)], next: null } },
    readAlert: { answer: representAlert(own) },
    muteAlert: {
      body: { until: exampleExpiry.toISOString() },
      answer: representAlert({ ...own, isMuted: true, mutedUntil: exampleExpiry }),
    },
    unmuteAlert: { answer: representAlert(own) },
    listAlertRules: { answer: { data: [representAlertRule(alertRule)] } },
    createAlertRule: {
      body: { kind: "success_rate", endpoint_id: endpoint.id, threshold: 0.8, clear_threshold: 0.95, for_seconds: 300 },
      answer: representAlertRule({
        ...alertRule,
        endpointId: endpoint.id,
        threshold: 0.8,
        clearThreshold: 0.95,
        forSeconds: 300,
      }),
    },
    readAlertRule: { answer: representAlertRule(alertRule) },
    changeAlertRule: { body: { threshold: 0.6 }, answer: representAlertRule({ ...alertRule, threshold: 0.6 }) },
    listAccountHistory: { answer: history },
    readAccountHistoryEntry: { answer: entryDocument },
    readAccountVersion: { answer: versionDocument },
    listUserHistory: { answer: history },
    readUserHistoryEntry: { answer: entryDocument },
    readUserVersion: { answer: versionDocument },
    listApplicationHistory: { answer: history },
    readApplicationHistoryEntry: { answer: entryDocument },
    readApplicationVersion: { answer: versionDocument },
  };
}
