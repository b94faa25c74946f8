/** What came of one try over HTTP. A receiver that answers 500 is a value like any other. */
export type AttemptOutcome = { readonly latencyMs: number } & (
  | {
      readonly kind: "answered";
      readonly status: number;
      /** As received, names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      /** The start of the body, 64 KiB at most. */
      readonly body: Uint8Array;
    }
  /** No answer: refused, reset, no such name, TLS. `reason` is a sentence for the admin. */
  | {
      readonly kind: "unreachable";
      readonly code: string;
      readonly reason: string;
      /** The receiver broke a limit of answers, or spoke no HTTP: trying again soon costs much and brings nothing. */
      readonly isUnusable?: true;
    }
  | { readonly kind: "timed-out"; readonly afterSeconds: number; readonly phase: "connect" | "answer" }
  /** The URL leads to an address that the operator has not allowed. Nothing was sent. */
  | { readonly kind: "forbidden-target"; readonly address: string; readonly reason: string }
);
