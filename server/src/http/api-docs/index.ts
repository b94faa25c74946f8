export { apiDocsDoor } from "./api-docs-door.ts";
