import { readSettings } from "./read-settings.ts";
import { startCrm } from "./start-crm.ts";

try {
  const crm = await startCrm(readSettings(process.env));
  console.log(`crm ready ${crm.url}\n\n  webhooks  ${crm.url}/webhooks   paste this into Bellwire's Webhooks page\n`);
  const stop = (): void => void crm[Symbol.asyncDispose]();
  process.once("SIGINT", stop).once("SIGTERM", stop);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
