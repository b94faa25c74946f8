/** A moment as the browser's own inputs have it: in its time zone, to the second. */
export function localText(at: Date): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export const isTime = (typed: string): boolean => !Number.isNaN(new Date(typed).getTime());
