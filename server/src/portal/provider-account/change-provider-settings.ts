import { isDeepStrictEqual } from "node:util";
import { recordAudit, type By } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { isXmlText } from "#platform/document/xml-text.ts";
import { isFine, judgeEmail, mergeErrors, type FieldErrors } from "#portal/fields/index.ts";
import { isTimeZone } from "#portal/providers/index.ts";

import { lockProviderSettings, readProviderSettings, updateProviderSettings } from "./provider-settings-table.ts";
import { passwordLengths, type ProviderSettings } from "./provider-settings.ts";

interface SettingsChange {
  readonly providerId: number;
  /** What is left out stays as it is. */
  readonly change: { readonly [Name in keyof ProviderSettings]?: ProviderSettings[Name] | undefined };
  readonly by: By;
}

/** Changes what a provider decides about its portal and itself. These raise no events; the audit says who did it. */
export async function changeProviderSettings(
  pool: Pool,
  { providerId, change, by }: SettingsChange,
): Promise<{ readonly settings: ProviderSettings } | { readonly refused: FieldErrors }> {
  return pool.inTransaction(async (tx) => {
    const before = await lockProviderSettings(tx, providerId);
    const given = Object.fromEntries(Object.entries(change).filter(([, it]) => it !== undefined));
    const settings: ProviderSettings = { ...before, ...given };
    const refused = mergeErrors(judgeSettings(settings), { enforce_sso: change.enforceSso ? [noSingleSignOn] : [] });
    if (!isFine(refused)) return { refused };
    if (isDeepStrictEqual(settings, before)) return { settings };

    await updateProviderSettings(tx, providerId, settings, by.now);
    const said = {
      action: "provider.changed",
      subject: `provider/${providerId}`,
      detail: { changed: Object.keys(given) },
    };
    await recordAudit(tx, { providerId, actor: by.actor, ...said });
    return { settings: await readProviderSettings(tx, providerId) };
  });
}

/** Who could still sign in, once passwords do not count? */
const noSingleSignOn = "Password-based authentication could not be disabled. No published authentication providers.";

const nameLengthMax = 255;

const judgeSettings = (its: ProviderSettings): FieldErrors =>
  mergeErrors({
    name: isShort(its.name) && its.name.trim() !== "" ? [] : [`must have 1 to ${nameLengthMax} characters`],
    time_zone: isTimeZone(its.timeZone) ? [] : ["is not a time zone; name one as in Europe/Oslo, or UTC"],
    password_length_min: isPasswordLength(its.passwordLengthMin)
      ? []
      : [`must be a whole number from ${passwordLengths.min} to ${passwordLengths.max}`],
    from_email: judgeAddress(its.fromEmail),
    support_email: judgeAddress(its.supportEmail),
    finance_support_email: judgeAddress(its.financeSupportEmail),
    site_access_code: isShort(its.siteAccessCode ?? "") ? [] : [`may have ${nameLengthMax} characters at most`],
  });

const isPasswordLength = (length: number): boolean =>
  Number.isInteger(length) && length >= passwordLengths.min && length <= passwordLengths.max;

const isShort = (text: string): boolean => text.length <= nameLengthMax && isXmlText(text);

const judgeAddress = (email: string | null): readonly string[] => (email ? judgeEmail(email) : []);
