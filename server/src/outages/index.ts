export { notifyOutages } from "./notify-outages.ts";
