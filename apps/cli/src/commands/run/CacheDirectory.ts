/** Where results of tasks are kept when no flag says so. Pure. */
import { isAbsolute, join } from "node:path"

/** By the XDG Base Directory Specification: a relative XDG_CACHE_HOME is to be ignored. */
export const defaultCacheDirectory = (
  environment: Readonly<Record<string, string | undefined>>,
  home: string
): string => {
  const given = environment["XDG_CACHE_HOME"] ?? ""
  return join(isAbsolute(given) ? given : join(home, ".cache"), "podwright", "tasks")
}
