export { developerPortalDoor } from "./developer-portal-door.ts";
