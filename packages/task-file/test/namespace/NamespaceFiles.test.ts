import { assert, describe, it } from "@effect/vitest"
import { namespaceFileFilter } from "../../src/namespace/NamespaceFiles.ts"

const NAMES = ["main.py", "scripts/load.py", "scripts/sql/a.sql", "deep/scripts/b.sql", ".env", "data/[x].csv"]

describe("namespaceFileFilter", () => {
  for (const [what, include, exclude, chosen] of [
    ["takes every file without patterns", [], [], NAMES],
    ["finds a name at any depth", ["b.sql"], [], ["deep/scripts/b.sql"]],
    ["finds a folder at any depth", ["scripts/**"], [], ["scripts/load.py", "scripts/sql/a.sql", "deep/scripts/b.sql"]],
    ["begins at the root after a slash", ["/scripts/**"], [], ["scripts/load.py", "scripts/sql/a.sql"]],
    ["takes a wildcard in front for the root alone", ["*.py"], [], ["main.py"]],
    ["goes through folders by two stars", ["**.py"], [], ["main.py", "scripts/load.py"]],
    ["goes through folders by two stars and a slash", ["**/*.py"], [], ["main.py", "scripts/load.py"]],
    ["leaves out what exclude matches", [], ["scripts/**", ".env"], ["main.py", "data/[x].csv"]],
    ["lets exclude win over include", ["**/*.sql"], ["deep/**"], ["scripts/sql/a.sql"]],
    ["takes alternatives", ["**/*.{py,csv}"], [], ["main.py", "scripts/load.py", "data/[x].csv"]],
    ["takes an exclamation mark as it is", ["!main.py"], [], []]
  ] as const)
    it(what, () => assert.deepStrictEqual(NAMES.filter(namespaceFileFilter(include, exclude)), [...chosen]))
})
