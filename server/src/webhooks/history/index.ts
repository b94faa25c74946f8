export { addComingDays, readHistoryDays, type HistoryDays } from "./history-days.ts";
export { advanceRetention, readRetentionBehind, retireExpiredDays } from "./keep-history.ts";
