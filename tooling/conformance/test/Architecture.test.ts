/**
 * Imports point down, as docs/architecture.md draws it: between packages, and within a package
 * between its rooms. A room is a folder of `src`; a file of `src` itself is a room of its own.
 * Imports of types count.
 */
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { folders, openWorkspace, REPOSITORY, sources } from "./support/Workspace.ts"

/** What each package may import of the workspace. */
const PACKAGES: Readonly<Record<string, ReadonlyArray<string>>> = {
  "packages/spec-builder": [],
  "packages/k8s-io": [],
  "packages/file-sync": ["k8s-io", "spec-builder"],
  "packages/task-file": ["spec-builder"],
  "packages/local-cluster": [],
  "packages/runner": ["spec-builder", "k8s-io", "file-sync", "task-file"],
  "apps/cli": ["spec-builder", "k8s-io", "file-sync", "task-file", "runner", "local-cluster"]
}

/** For a file that assembles the others, as a package's door does. */
const EVERY_ROOM_ABOVE = "every room above"

/**
 * The rooms of each package, the lowest first, and what each may import of the rooms above it in
 * its table.
 */
const ROOMS: Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string> | typeof EVERY_ROOM_ABOVE>>>> = {
  "packages/spec-builder": {
    "PackageVersion.ts": [],
    error: [],
    values: ["error"],
    script: [],
    merge: ["values"],
    properties: ["PackageVersion.ts", "error", "values"],
    task: ["error", "values", "properties"],
    pod: ["error", "values", "script", "merge", "properties", "task"],
    "index.ts": EVERY_ROOM_ABOVE
  },
  "packages/k8s-io": {
    error: [],
    config: ["error"],
    client: ["error", "config"],
    exec: ["error", "client"],
    pods: ["error", "client"],
    access: ["error", "client"],
    "KubeLayer.ts": ["error", "client", "exec", "pods", "access"],
    "index.ts": EVERY_ROOM_ABOVE
  },
  "packages/file-sync": {
    "FileSyncReason.ts": [],
    "FileSyncError.ts": ["FileSyncReason.ts"],
    pieces: ["FileSyncReason.ts", "FileSyncError.ts"],
    names: [],
    log: ["FileSyncReason.ts", "FileSyncError.ts"],
    inputs: ["FileSyncReason.ts", "FileSyncError.ts", "pieces", "names"],
    outputs: ["FileSyncReason.ts", "FileSyncError.ts", "pieces", "names"],
    session: ["FileSyncReason.ts", "FileSyncError.ts", "pieces", "names", "log", "inputs", "outputs"],
    "index.ts": EVERY_ROOM_ABOVE
  },
  "packages/task-file": {
    "TaskFileError.ts": [],
    "ScalarPlace.ts": [],
    "YamlDocument.ts": ["TaskFileError.ts", "ScalarPlace.ts"],
    expression: ["YamlDocument.ts"],
    "ReadFunction.ts": [],
    "SecretMask.ts": [],
    "InputFileValue.ts": [],
    inputs: ["TaskFileError.ts", "YamlDocument.ts"],
    namespace: [],
    "TaskFile.ts": ["InputFileValue.ts", "TaskFileError.ts", "YamlDocument.ts", "inputs", "namespace"],
    "CommandFiles.ts": ["TaskFile.ts"],
    "OutputPaths.ts": ["expression"],
    "OutsideValues.ts": ["TaskFileError.ts", "YamlDocument.ts", "TaskFile.ts"],
    "ExpressionNames.ts": ["expression", "ReadFunction.ts", "TaskFile.ts", "OutsideValues.ts"],
    "InputValues.ts": ["TaskFileError.ts", "expression", "inputs", "TaskFile.ts", "ExpressionNames.ts"],
    types: ["YamlDocument.ts", "expression", "TaskFile.ts"],
    reading: [
      "InputFileValue.ts",
      "TaskFileError.ts",
      "YamlDocument.ts",
      "expression",
      "inputs",
      "namespace",
      "TaskFile.ts",
      "types"
    ],
    reference: ["TaskFile.ts", "types", "reading"],
    "TaskFileReader.ts": ["TaskFileError.ts", "YamlDocument.ts", "namespace", "TaskFile.ts", "types", "reading"],
    "TaskRendering.ts": [
      "InputFileValue.ts",
      "TaskFileError.ts",
      "YamlDocument.ts",
      "expression",
      "inputs",
      "namespace",
      "TaskFile.ts",
      "CommandFiles.ts",
      "OutputPaths.ts",
      "ExpressionNames.ts"
    ],
    "index.ts": EVERY_ROOM_ABOVE
  },
  "packages/local-cluster": {
    contract: [],
    sandbox: ["contract"],
    kubelet: ["contract", "sandbox"],
    api: ["contract"],
    "LocalCluster.ts": ["contract", "kubelet", "api"],
    "index.ts": EVERY_ROOM_ABOVE
  },
  "packages/runner": {
    diagnosis: [],
    task: ["diagnosis"],
    pod: ["diagnosis", "task"],
    connection: ["task"],
    claim: ["diagnosis", "task", "pod"],
    executions: ["diagnosis", "task", "pod", "claim"],
    run: ["diagnosis", "task", "pod", "connection", "claim"],
    attempts: ["task", "run"],
    plain: ["task"],
    flow: ["task", "run", "attempts"],
    "flow.ts": ["attempts", "flow"],
    "plain.ts": ["task", "run", "plain"],
    "index.ts": EVERY_ROOM_ABOVE
  },
  "apps/cli": {
    "CommandExit.ts": [],
    "HeapGrowth.ts": [],
    "ProcessOutput.ts": [],
    "Termination.ts": [],
    report: ["ProcessOutput.ts"],
    "ExitCode.ts": ["report"],
    commands: ["CommandExit.ts", "ProcessOutput.ts", "report", "ExitCode.ts"],
    "commands/properties": ["ProcessOutput.ts"],
    "commands/schema": ["ProcessOutput.ts"],
    "commands/cluster": ["CommandExit.ts", "ProcessOutput.ts", "report", "ExitCode.ts"],
    "commands/clean": ["CommandExit.ts", "ProcessOutput.ts", "report", "ExitCode.ts", "commands"],
    "commands/cancel": ["ProcessOutput.ts", "report", "commands"],
    "commands/exec": ["CommandExit.ts", "ProcessOutput.ts", "commands"],
    "commands/logs": ["CommandExit.ts", "ProcessOutput.ts", "report", "ExitCode.ts", "commands"],
    "commands/ps": ["CommandExit.ts", "ProcessOutput.ts", "report", "ExitCode.ts", "commands"],
    "commands/run": ["CommandExit.ts", "Termination.ts", "report", "ExitCode.ts", "commands", "commands/cluster"],
    "commands/render": ["CommandExit.ts", "ProcessOutput.ts", "report", "ExitCode.ts", "commands"],
    "commands/rbac": ["CommandExit.ts", "ProcessOutput.ts", "report", "ExitCode.ts", "commands", "commands/render"],
    "commands/doctor": ["CommandExit.ts", "ProcessOutput.ts", "report", "ExitCode.ts", "commands", "commands/render"],
    "cli.ts": EVERY_ROOM_ABOVE,
    "main.ts": ["CommandExit.ts", "HeapGrowth.ts", "Termination.ts", "report", "ExitCode.ts", "cli.ts"]
  },
  "tooling/conformance": {
    clusters: [],
    generated: ["clusters"],
    cases: ["clusters"],
    chaos: ["clusters"],
    "main.ts": ["clusters", "chaos"]
  }
}

/**
 * Tests of a whole package, or of one function of a file with a test of its own; every other has
 * its file's path.
 */
const TESTS_WITHOUT_A_FILE: Readonly<Record<string, ReadonlyArray<string>>> = {
  "packages/spec-builder": ["BrowserBundle.test.ts", "Readme.test.ts", "pod/ExplainPod.test.ts"],
  "packages/runner": ["Catalogue.test.ts"],
  "apps/cli": ["Bundle.test.ts", "HostileText.test.ts"]
}

const workspace = openWorkspace()
afterAll(workspace.close)

const { imports } = workspace

/** The room of a file that is given by its path from `src`. */
const roomOf = (path: string): string => (dirname(path) === "." ? path : dirname(path))

describe("packages", () => {
  it("are all known", () => {
    const found = ["packages", "apps"].flatMap((folder) => folders(folder).map((name) => `${folder}/${name}`))
    assert.deepStrictEqual(found.sort(), Object.keys(PACKAGES).sort())
  })

  for (const [folder, allowed] of Object.entries(PACKAGES)) {
    it(`${folder} imports only ${allowed.length === 0 ? "what is outside the workspace" : allowed.join(", ")}`, () => {
      const own = `@podwright/${folder.split("/")[1]}`
      const upward = sources(`${folder}/src`).flatMap((file) =>
        imports(file)
          .filter(({ module }) => module.startsWith("@podwright/"))
          .filter(
            ({ module }) =>
              module === own ||
              !allowed.some((name) => module === `@podwright/${name}` || module.startsWith(`@podwright/${name}/`))
          )
          .map(({ module }) => `${file} imports ${module}`)
      )
      assert.deepStrictEqual(upward, [])
      const outside = sources(`${folder}/src`).flatMap((file) =>
        imports(file)
          .filter(({ module }) => /^(\.\.\/)+(packages|apps|tooling)\//.test(module) || /\/src\//.test(module))
          .map(({ module }) => `${file} imports ${module}`)
      )
      assert.deepStrictEqual(outside, [])
    })
  }

  it("have imports that these tests read, of every kind", () => {
    const named = sources("packages/runner/src").flatMap((file) => imports(file).map(({ module }) => module))
    assert.include(named, "@podwright/file-sync")
    assert.deepInclude(imports("packages/k8s-io/src/config/KeyStore.ts"), { module: "node-forge", kind: "dynamic" })
    assert.deepInclude(imports("packages/local-cluster/src/api/ApiServer.ts"), { module: "ws", kind: "type" })
    assert.deepInclude(imports("packages/k8s-io/src/access/AccessReview.ts"), {
      module: "../error/KubeError.ts",
      kind: "type"
    })
  })

  it("spec-builder needs effect, deepmerge-ts and @noble/hashes alone: it runs in a browser", () => {
    const found = sources("packages/spec-builder/src").flatMap((file) =>
      imports(file)
        .filter(({ module }) => !/^(\.\.?\/|(effect|deepmerge-ts|@noble\/hashes)(\/|$))/.test(module))
        .map(({ module }) => `${file} imports ${module}`)
    )
    assert.deepStrictEqual(found, [])
  })

  it("render and help load neither HTTP nor Kubernetes: they are to answer in 0.3 s", () => {
    const seen = new Set<string>()
    const heavy: Array<string> = []
    const visit = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      for (const { kind, module } of imports(file)) {
        if (kind !== "static") continue
        if (module.startsWith("./") || module.startsWith("../")) visit(join(dirname(file), module))
        else if (
          /^(@podwright\/(runner|k8s-io|file-sync|local-cluster)(\/.+)?|@effect\/platform-node|undici|ws)$/.test(module)
        )
          heavy.push(`${file} imports ${module}`)
      }
    }
    visit("apps/cli/src/main.ts")
    assert.isTrue(
      seen.has("apps/cli/src/commands/render/RenderFlags.ts") && seen.has("apps/cli/src/commands/run/RunFlags.ts")
    )
    assert.deepStrictEqual(heavy, [])
  })

  it("client-node is loaded on demand only: it costs 0.4 s and 65 MiB", () => {
    const found = Object.keys(PACKAGES)
      .flatMap((folder) => sources(`${folder}/src`))
      .filter((file) =>
        imports(file).some(({ kind, module }) => kind === "static" && module === "@kubernetes/client-node")
      )
    assert.deepStrictEqual(found, [])
  })
})

describe("rooms", () => {
  it("are known of every package", () => {
    assert.deepStrictEqual(Object.keys(ROOMS).sort(), [...Object.keys(PACKAGES), "tooling/conformance"].sort())
  })

  for (const [folder, table] of Object.entries(ROOMS)) {
    const rooms = Object.keys(table)
    const files = sources(`${folder}/src`).map((file) => file.slice(`${folder}/src/`.length))

    it(`${folder} has its files in ${rooms.join(", ")}`, () => {
      assert.deepStrictEqual(
        files.filter((file) => !rooms.includes(roomOf(file))),
        []
      )
      assert.deepStrictEqual(
        rooms.filter((room) => !files.some((file) => roomOf(file) === room)),
        []
      )
    })

    for (const [index, [room, row]] of Object.entries(table).entries()) {
      const above = rooms.slice(0, index)
      const allowed = row === EVERY_ROOM_ABOVE ? above : row
      it(`${folder}/src/${room} imports ${allowed.length === 0 ? "no other room" : allowed.join(", ")}`, () => {
        assert.deepStrictEqual(
          allowed.filter((name) => !above.includes(name)),
          [],
          "a room may import only rooms above it in the table"
        )
        const arrows = files
          .filter((file) => roomOf(file) === room)
          .flatMap((file) =>
            imports(`${folder}/src/${file}`)
              .filter(({ module }) => module.startsWith("."))
              .map(({ module }) => ({ file, to: join(dirname(file), module) }))
          )
          // The package's own version is read from beside `src`.
          .filter(({ to }) => roomOf(to) !== room && to !== "../package.json")
        assert.deepStrictEqual(
          arrows.filter(({ to }) => !allowed.includes(roomOf(to))).map(({ file, to }) => `${file} imports ${to}`),
          []
        )
        const used = new Set(arrows.map(({ to }) => roomOf(to)))
        assert.deepStrictEqual(
          row === EVERY_ROOM_ABOVE ? [] : allowed.filter((name) => !used.has(name)),
          [],
          "nothing imports these: the table must not allow them"
        )
      })
    }
  }
})

describe("tests", () => {
  for (const folder of Object.keys(PACKAGES)) {
    it(`of ${folder} have the paths of the files they test`, () => {
      const exceptions = TESTS_WITHOUT_A_FILE[folder] ?? []
      const tests = sources(`${folder}/test`)
        .map((file) => file.slice(`${folder}/test/`.length))
        .filter((file) => file.endsWith(".test.ts"))
      assert.deepStrictEqual(
        exceptions.filter((file) => !tests.includes(file)),
        []
      )
      assert.deepStrictEqual(
        tests.filter(
          (file) =>
            !exceptions.includes(file) &&
            !existsSync(join(REPOSITORY, folder, "src", file.replace(/\.test\.ts$/, ".ts")))
        ),
        []
      )
    })
  }
})
