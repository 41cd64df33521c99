/**
 * This package's version, and whether a file that asks for one may be read by it. Pure.
 */
import manifest from "../package.json" with { type: "json" }

/** The version in `package.json`, which a file's `version` is compared with. */
export const PACKAGE_VERSION: string = manifest.version

/** MAJOR, MAJOR.MINOR or MAJOR.MINOR.PATCH[-qualifier]. */
export const VERSION_PATTERN = /^\d+(\.\d+(\.\d+(-[0-9A-Za-z.-]+)?)?)?$/

/**
 * Whether `asked` names `version`: the parts that it gives are the same. With a patch it names one
 * release, so a qualifier (`1.2.3-rc.1`) must be the same too; without, any release of that line
 * will do.
 */
export const versionMatches = (asked: string, version: string): boolean => {
  if (!VERSION_PATTERN.test(asked)) return false
  const core = version.replace(/[-+].*$/, "")
  return asked.split(".").length < 3 ? `${core}.`.startsWith(`${asked}.`) : asked === version.replace(/\+.*$/, "")
}
