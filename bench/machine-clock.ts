/** Milliseconds of the machine's monotonic clock, which is one for all of its processes: what one notes, another may subtract. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
