export { bellwireApiDocument } from "./bellwire-api-document.ts";
export { bellwireApiDoor } from "./bellwire-api-door.ts";
export type { BellwireApiNeeds } from "./bellwire-api-route.ts";
