/** The template's only cell. */
export const schema = "bellwire";

export const templateName = "bellwire_template";

/** The time from which ids count their milliseconds: of the product, and of the template, whose ids have 16 digits as from September 2027 on. */
export const idEpochs = { product: Date.UTC(2020, 0, 1), template: Date.UTC(2017, 0, 1) };

/** Has the days ahead, too, as each start leaves them: creating them takes 20 times as long as copying them. */
export const templateOfStarts = "bellwire_template_of_starts";
