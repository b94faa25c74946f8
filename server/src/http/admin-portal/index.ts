export { adminPortalDoor } from "./admin-portal-door.ts";
export type { AdminPortalNeeds } from "./admin-portal-needs.ts";
