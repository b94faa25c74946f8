/** Why a text is not a value of its setting; continues the sentence that begins with the setting's name. */
export class Wrong {
  readonly says: string;

  constructor(says: string) {
    this.says = says;
  }
}

export type Parse<T> = (text: string) => T | Wrong;

export interface Setting<T> {
  readonly name: string;
  /** What holds when it is not set, as one would write it; empty: nothing. */
  readonly fallback: string;
  /** What holds instead when the database is embedded. */
  readonly embeddedFallback?: string;
  /** What the reference says instead of the fallback, where that is not the whole story. */
  readonly fallbackWords?: string;
  readonly meaning: string;
  readonly isSecret?: true;
  readonly parse: Parse<T>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable is one that is not set: shells and compose files cannot say it otherwise. */
export const textOf = (env: Environment, { name }: Setting<unknown>): string | undefined =>
  env[name]?.trim() || undefined;

export const fallbackOf = ({ fallback, embeddedFallback = fallback }: Setting<unknown>, isEmbedded: boolean): string =>
  isEmbedded ? embeddedFallback : fallback;
