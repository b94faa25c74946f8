/** Messages that are no end of a sentence which a label begins. They are 3scale's, and stay as they are for programs. */
const isSentence = (message: string): boolean => message.startsWith("use ");

/** What is wrong with a field: "can't be blank" makes "Name can't be blank". */
export function errorInWords(label: string, messages: readonly string[]): string {
  const ends = messages.filter((it) => !isSentence(it));
  return [
    ...(ends.length > 0 ? [`${label} ${ends.join(", ")}`] : []),
    ...messages.filter(isSentence).map(asSentence),
  ].join(". ");
}

export const asSentence = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
