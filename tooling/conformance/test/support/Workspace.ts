/**
 * The repository's sources as TypeScript itself reads them, for the tests of how the repository is
 * built. Opening them takes about three seconds and starts a process, so a test file opens them
 * once and closes them in the end.
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import {
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isStringLiteral,
  type Node,
  type SourceFile,
  SyntaxKind
} from "typescript/unstable/ast"
import { API } from "typescript/unstable/sync"

export const REPOSITORY = join(import.meta.dirname, "../../../..")

/**
 * A module that a file names: a type import does not exist at run time, a dynamic one is loaded
 * when it is needed.
 */
export interface Import {
  readonly module: string
  readonly kind: "static" | "type" | "dynamic"
}

export interface Workspace {
  /**
   * Every module that a file names, in the file's order. Fails for a file that `pnpm check` does
   * not read.
   */
  readonly imports: (file: string) => ReadonlyArray<Import>
  readonly close: () => void
}

/** The TypeScript files under a folder, both as paths from the repository's root. */
export const sources = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(folder, path))

/** The names of the folders in a folder of the repository. */
export const folders = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(REPOSITORY, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)

const importKind = (naming: Node): Import["kind"] => {
  if (isCallExpression(naming)) return "dynamic"
  if (isImportDeclaration(naming)) {
    return naming.importClause?.phaseModifier === SyntaxKind.TypeKeyword ? "type" : "static"
  }
  if (isExportDeclaration(naming)) return naming.isTypeOnly ? "type" : "static"
  // The type `import("module").Name`.
  return "type"
}

/** Opens all sources and tests as one program, the one that `pnpm check` checks. */
export const openWorkspace = (): Workspace => {
  const api = new API({ cwd: REPOSITORY })
  const config = join(REPOSITORY, "tsconfig.tests.json")
  const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)
  if (project === undefined) throw new Error(`TypeScript did not open ${config}`)

  const sourceFile = (file: string): SourceFile => {
    const found = project.program.getSourceFile(join(REPOSITORY, file))
    if (found === undefined) throw new Error(`${file} does not belong to ${config}`)
    return found
  }

  return {
    imports: (file) =>
      sourceFile(file).imports.flatMap((literal) =>
        isStringLiteral(literal) ? [{ module: literal.text, kind: importKind(literal.parent) }] : []
      ),
    close: () => api.close()
  }
}
