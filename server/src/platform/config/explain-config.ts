import { fallbackOf, textOf, type Environment } from "./setting.ts";
import { settings } from "./settings.ts";

export interface ExplainedSetting {
  readonly name: string;
  /** Hidden if it is a secret. */
  readonly value: string;
  readonly from: "environment" | "default";
}

/** Each setting, what it is, and where that came from. */
export function explainConfig(env: Environment): readonly ExplainedSetting[] {
  const isEmbedded = textOf(env, settings.databaseUrl) === undefined;
  return Object.values(settings).map((setting) => {
    const text = textOf(env, setting);
    const fallback = fallbackOf(setting, isEmbedded);
    const unset = "fallbackWords" in setting ? `(${setting.fallbackWords})` : "(unset)";
    if (text === undefined) return { name: setting.name, value: fallback || unset, from: "default" };
    return { name: setting.name, value: "isSecret" in setting ? "[secret]" : text, from: "environment" };
  });
}
