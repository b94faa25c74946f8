/** The one cell that the template has. */
export const schema = "bellwire";

export const templateName = "bellwire_template";
