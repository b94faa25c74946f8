import type { BenchReceiver } from "../start-receiver.ts";

export interface Found {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

/** Who sends: so many deliveries that wait in its own database, to the first origin of the receiver. */
export interface Contender {
  readonly name: string;
  /** What it has of a delivery once that is through. */
  readonly keeps: string;
  measure(receiver: BenchReceiver, deliveries: number): Promise<Found>;
}
