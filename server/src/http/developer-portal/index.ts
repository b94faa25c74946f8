export { developerPortalDoor } from "./developer-portal-door.ts";
export type { DeveloperPortalNeeds, TryOutLinks } from "./developer-portal-needs.ts";
