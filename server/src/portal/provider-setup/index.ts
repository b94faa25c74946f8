export { setUpFirstProvider } from "./set-up-first-provider.ts";
export { setUpProvider, type NewProvider } from "./set-up-provider.ts";
