export { runCommandLine } from "./command.ts";
