/** Which texts have expressions. Pure; loads nothing, so that it may be asked of every text. */

/** Marks of the template language; a text without them is never rendered. */
const MARKS = ["{{", "{%", "{#"]

/** Whether a text has to be rendered. */
export const hasExpression = (text: string): boolean => MARKS.some((mark) => text.includes(mark))
