/** Secrets of expressions: the environment of this process. */

/** Answers `secret('NAME')` with SECRET_NAME; undefined where that is not set. */
export const environmentSecret = (name: string): string | undefined => process.env[`SECRET_${name}`]
