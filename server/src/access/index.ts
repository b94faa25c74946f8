export type { Actor, Channel } from "./actor.ts";
