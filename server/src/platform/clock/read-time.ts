import { onCalendar } from "./on-calendar.ts";

/** The moment of an ISO 8601 text with a zone, or undefined when no calendar has it. */
export const readTime = (text: string): Date | undefined => onCalendar(new Date(text));
