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
  isExportSpecifier,
  isImportDeclaration,
  isSourceFile,
  isStringLiteral,
  type Node,
  type SourceFile,
  SyntaxKind
} from "typescript/unstable/ast"
import { API, type Symbol as ModuleSymbol, SymbolFlags } from "typescript/unstable/sync"

export const REPOSITORY = join(import.meta.dirname, "../../../..")

/**
 * A module that a file names: a type import does not exist at run time, a dynamic one is loaded
 * when it is needed.
 */
export interface Import {
  readonly module: string
  readonly kind: "static" | "type" | "dynamic"
}

/** A name that a file exports. */
export interface ExportedName {
  /** As it is imported; `Namespace.name` for a member of an exported namespace. */
  readonly name: string
  readonly kind: "value" | "type" | "namespace"
  /**
   * The doc comment at its declaration, for a namespace the first one of its file; empty where
   * there is none.
   */
  readonly doc: string
}

export interface Workspace {
  /**
   * Every module that a file names, in the file's order. Fails for a file that `pnpm check` does
   * not read.
   */
  readonly imports: (file: string) => ReadonlyArray<Import>
  /** Every name that a file exports, sorted, wherever it is declared. */
  readonly exportedNames: (file: string) => ReadonlyArray<ExportedName>
  /** The modules of which a file exports all names without naming one. */
  readonly starExports: (file: string) => ReadonlyArray<string>
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

/** Whether an export says that its name is to be used as a type alone. */
const isTypeExport = (declaration: Node | undefined): boolean =>
  declaration !== undefined &&
  isExportSpecifier(declaration) &&
  (declaration.isTypeOnly || (isExportDeclaration(declaration.parent.parent) && declaration.parent.parent.isTypeOnly))

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

  const namesOf = (module: ModuleSymbol): ReadonlyArray<ExportedName> =>
    project.checker.getExportsOfModule(module).flatMap((exported): ReadonlyArray<ExportedName> => {
      const declared = exported.flags & SymbolFlags.Alias ? project.checker.getAliasedSymbol(exported) : exported
      const file = declared.declarations[0]?.resolve()
      if (file !== undefined && isSourceFile(file)) {
        const members = namesOf(declared).map((member) => ({ ...member, name: `${exported.name}.${member.name}` }))
        return [
          { name: exported.name, kind: "namespace", doc: /^\/\*\*.*?\*\//s.exec(file.text)?.[0] ?? "" },
          ...members
        ]
      }
      const isValue = (declared.flags & SymbolFlags.Value) !== 0 && !isTypeExport(exported.declarations[0]?.resolve())
      const doc = project.checker.getDocumentationCommentOfSymbol(declared)
      return [{ name: exported.name, kind: isValue ? "value" : "type", doc }]
    })

  return {
    exportedNames: (file) => {
      const module = project.checker.getSymbolAtLocation(sourceFile(file))
      if (module === undefined) throw new Error(`${file} exports nothing`)
      return namesOf(module).toSorted((one, other) => (one.name < other.name ? -1 : 1))
    },
    starExports: (file) =>
      sourceFile(file).statements.flatMap((statement) =>
        isExportDeclaration(statement) &&
        statement.exportClause === undefined &&
        statement.moduleSpecifier !== undefined &&
        isStringLiteral(statement.moduleSpecifier)
          ? [statement.moduleSpecifier.text]
          : []
      ),
    imports: (file) =>
      sourceFile(file).imports.flatMap((literal) =>
        isStringLiteral(literal) ? [{ module: literal.text, kind: importKind(literal.parent) }] : []
      ),
    close: () => api.close()
  }
}
