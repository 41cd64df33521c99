/**
 * What an input folder leaves here: what its `.podwrightignore` says, else its `.gitignore`, in
 * every folder of it, by git's rules; `.git`; and podwright's own outputs. Pure.
 */
import ignore, { type Ignore } from "ignore"

/** The files that say what stays here, the first before the second. */
export const IGNORE_FILES = [".podwrightignore", ".gitignore"] as const

/** Where outputs go by default: a run must not carry the outputs of those before. */
const OWN_FOLDER = ".podwright"

/** Whether a path leads through a folder of podwright's own. */
export const isOwn = (path: string): boolean => path.split("/").includes(OWN_FOLDER)

interface RuleSet {
  /** The folder of the rules, with a slash at its end; "" for the input's own. */
  readonly base: string
  readonly rules: Ignore
}

/** The rules that count in one folder of an input, those of the folders above included. */
export class IgnoreRules {
  /** No rules but our own: what every input begins with. */
  static readonly start = new IgnoreRules([], IGNORE_FILES)

  /** The deepest first. */
  readonly #sets: ReadonlyArray<RuleSet>
  /**
   * The names to look for in this folder and below, the first before the second. A
   * `.podwrightignore` goes before each `.gitignore` of its folder and of those below.
   */
  readonly files: ReadonlyArray<string>

  private constructor(sets: ReadonlyArray<RuleSet>, files: ReadonlyArray<string>) {
    this.#sets = sets
    this.files = files
  }

  /** With the rules of a file in `folder`, which is "" for the input's own. */
  with(folder: string, file: string, text: string): IgnoreRules {
    // Names here are told apart by case, as they are in the pod.
    const rules = ignore({ ignorecase: false }).add(text)
    const base = folder === "" ? "" : `${folder}/`
    return new IgnoreRules([{ base, rules }, ...this.#sets], this.files.slice(0, this.files.indexOf(file) + 1))
  }

  /**
   * Whether a file or folder stays here; `path` is relative to the input's own folder. Ask for a
   * folder before what lies in it: what is in a folder that stays is not asked for.
   */
  leavesOut(path: string, isFolder: boolean): boolean {
    for (const { base, rules } of this.#sets) {
      if (!path.startsWith(base)) continue
      const { ignored, unignored } = rules.test(`${path.slice(base.length)}${isFolder ? "/" : ""}`)
      if (ignored || unignored) return ignored
    }
    return path === ".git" || path.endsWith("/.git")
  }
}
