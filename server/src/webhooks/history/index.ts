export { addComingDays, retireExpiredDays } from "./keep-history.ts";
