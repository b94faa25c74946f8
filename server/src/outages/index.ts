export { tellOfOutages } from "./tell-of-outages.ts";
