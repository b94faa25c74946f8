export { adminPortalDoor } from "./admin-portal-door.ts";
