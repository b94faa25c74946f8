/** The template's only cell. */
export const schema = "bellwire";

export const templateName = "bellwire_template";

/** Has the days ahead, too, as each start leaves them: creating them takes 20 times as long as copying them. */
export const templateOfStarts = "bellwire_template_of_starts";
