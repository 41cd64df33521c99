/** What `podwright render` does once its flags are read: the pod of each task of a file, as YAML. */
import { Effect } from "effect"
import { CommandExit } from "../../CommandExit.ts"
import { BAD_INPUT } from "../../ExitCode.ts"
import { writeStderr, writeStdout } from "../../ProcessOutput.ts"
import { errorLines, reportError } from "../../report/TextReport.ts"
import type { GivenFile } from "../GivenFile.ts"
import { manifestYaml } from "./ManifestYaml.ts"
import { renderedPods } from "./RenderedPods.ts"

/** The flags of the command, as given. */
export interface RenderFlags extends GivenFile {
  readonly explain: boolean
}

export const renderCommand = Effect.fnUntraced(function* (given: RenderFlags) {
  const pods = yield* renderedPods(given).pipe(
    Effect.catch((error) =>
      Effect.andThen(
        writeStderr(reportError(errorLines(error)).text),
        Effect.fail(new CommandExit({ code: BAD_INPUT }))
      )
    )
  )
  const manifests = pods.map(({ declaration, pod }) =>
    manifestYaml(declaration.id, pod, given.explain, declaration.defaults)
  )
  yield* writeStdout(manifests.join("---\n"))
})
