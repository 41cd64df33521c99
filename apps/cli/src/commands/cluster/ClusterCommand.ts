/** `podwright cluster start`: an embedded cluster for kubectl and for runs, until it is stopped. */
import { resolve } from "node:path"
import type { LocalClusterError } from "@podwright/local-cluster"
import { pathProblem } from "@podwright/spec-builder"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandExit } from "../../CommandExit.ts"
import { BAD_INPUT, PLATFORM } from "../../ExitCode.ts"
import { writeStderr, writeStdout } from "../../ProcessOutput.ts"
import { reportError, reportNote } from "../../report/TextReport.ts"
import { LOCAL_NOTICE, startLocalCluster } from "./LocalKubeconfig.ts"

const flags = {
  kubeconfig: Flag.String("kubeconfig").pipe(
    Flag.withMetavar("PATH"),
    Flag.withDescription("Kubeconfig file to write, which must not exist; default: a new temporary file"),
    Flag.optional
  ),
  address: Flag.String("address").pipe(
    Flag.withMetavar("ADDRESS"),
    Flag.withDescription("A loopback address to listen on; default: 127.0.0.1"),
    Flag.filter(
      (address) => /^[\w.:-]{1,100}$/.test(address),
      () => "an address such as 127.0.0.1"
    ),
    Flag.optional
  ),
  port: Flag.Int("port").pipe(
    Flag.withMetavar("PORT"),
    Flag.withDescription("Port to listen on; default: a free one"),
    Flag.optional
  )
}

/** Whether another value of a flag would help. */
const isBadFlag = ({ reason }: LocalClusterError): boolean =>
  reason._tag === "AddressRefused" || reason._tag === "ListenFailed"

const refuse = (message: string, code: number) =>
  Effect.andThen(writeStderr(reportError([message]).text), Effect.fail(new CommandExit({ code })))

const start = Command.make(
  "start",
  flags,
  Effect.fn("cli.cluster.start")(function* ({ address, kubeconfig, port }) {
    const problem = pathProblem(Option.getOrElse(kubeconfig, () => ""))
    if (problem !== undefined) return yield* refuse(`--kubeconfig: ${problem}`, BAD_INPUT)
    const path = Option.map(kubeconfig, (given) => resolve(given))
    const cluster = yield* startLocalCluster({ path, address, port }).pipe(
      Effect.catchTags({
        LocalClusterError: (error) => refuse(error.message, isBadFlag(error) ? BAD_INPUT : PLATFORM),
        PlatformError: (error) => refuse(`the kubeconfig cannot be written: ${error.message}`, BAD_INPUT)
      })
    )
    yield* writeStderr(reportNote([LOCAL_NOTICE]).text)
    yield* writeStderr(
      reportNote([`ready at ${cluster.server}; use it with`, `  export KUBECONFIG=${cluster.path}`, "Ctrl-C stops it"])
        .text
    )
    yield* writeStdout(`${cluster.path}\n`)
    return yield* Effect.never
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "Start an embedded Kubernetes whose containers are processes of this machine, write a kubeconfig, and run until stopped. For trying and testing: no image is pulled, and nothing is isolated for security"
  )
)

export const cluster = Command.make("cluster").pipe(
  Command.withDescription("An embedded Kubernetes on this machine"),
  Command.withSubcommands([start])
)
