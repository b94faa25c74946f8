export {
  type Alert,
  alertKindNames,
  type AlertRule,
  type AlertRuleInput,
  createAlertRule,
  deleteAlertRule,
  deleteOldAlerts,
  deleteRulesOfDeletedEndpoints,
  insertDefaultRules,
  listAlertRules,
  listAlerts,
  muteAlert,
  readAlert,
  readAlertRule,
  updateAlertRule,
} from "./alerts.ts";
export { evaluateAlerts, evaluateProvider } from "./evaluate.ts";
export { readEndpointReadings } from "./readings.ts";
