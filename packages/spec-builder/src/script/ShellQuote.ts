/**
 * Text as one word of a POSIX shell. Pure.
 */

/** `text` in single quotes; a quote inside ends them, stands escaped, and begins them again. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
