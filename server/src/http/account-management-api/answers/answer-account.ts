import { writeXmlDocument } from "#platform/document/write-xml.ts";
import {
  accountToJson,
  narrowAccount,
  representAccount,
  type AccountInFull,
  type WholeAccount,
} from "#portal/whole-accounts/index.ts";
import type { Call } from "../operation.ts";
import type { Answer } from "./send-answer.ts";
import { writeJson } from "./write-json.ts";

interface Asking extends Pick<Call, "adminUrl"> {
  readonly caller: Pick<Call["caller"], "reach">;
}

/** An account in both formats: in XML with its users, and those of its plans that the caller may see. */
export const answerAccount = ({ adminUrl, caller }: Asking, { whole, settings }: AccountInFull): Answer => ({
  xml: () => writeOnce({ whole: narrowAccount(whole, caller.reach), settings }),
  json: () => writeJson(accountToJson(whole.account, settings, adminUrl)),
  lastModified: whole.account.updatedAt,
});

interface Written extends Pick<AccountInFull, "settings"> {
  readonly xml: string;
}

// An account that is remembered stays the same object for as long as it says the same, and so do definitions; the provider is
// read once a second. Writing takes a tenth of what it takes to answer.
const written = new WeakMap<WholeAccount, Written>();

function writeOnce({ whole, settings }: AccountInFull): string {
  const known = written.get(whole);
  const { provider, definitions } = settings;
  if (known?.settings.provider === provider && known.settings.definitions === definitions) return known.xml;
  const xml = writeXmlDocument(representAccount(whole, settings));
  written.set(whole, { settings, xml });
  return xml;
}
