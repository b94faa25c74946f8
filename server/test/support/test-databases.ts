/** The template's only cell. */
export const schema = "bellwire";

export const templateName = "bellwire_template";
