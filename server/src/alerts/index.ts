export { type Alert, alertKindNames, deleteOldAlerts, listAlerts, muteAlert, readAlert } from "./alerts.ts";
export { evaluateAlerts, evaluateProvider } from "./evaluate.ts";
export { readEndpointReadings } from "./readings.ts";
export {
  type AlertRule,
  type AlertRuleInput,
  createAlertRule,
  deleteAlertRule,
  deleteRulesOfDeletedEndpoints,
  insertDefaultRules,
  listAlertRules,
  readAlertRule,
  updateAlertRule,
} from "./rules.ts";
