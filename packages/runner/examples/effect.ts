import { NodeFileSystem, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { type TaskRequest, TaskRunner } from "@podwright/runner"
import { DEFAULT_INTERPRETER, decodeRunnerProperties } from "@podwright/spec-builder"
import { Console, Effect, Layer, Stream } from "effect"

const program = Effect.gen(function* () {
  const request: TaskRequest = {
    identity: {
      namespace: "team",
      flowId: "f",
      taskId: "hello",
      executionId: "e",
      taskRunId: crypto.randomUUID(),
      attempt: 0
    },
    image: "busybox",
    command: {
      _tag: "Commands",
      interpreter: DEFAULT_INTERPRETER,
      beforeCommands: [],
      commands: ["echo Hello World"],
      failFast: true
    },
    env: {},
    inputFiles: [],
    outputFiles: [],
    outputDirectory: "out",
    timeout: undefined,
    runner: yield* Effect.fromResult(decodeRunnerProperties({ pullPolicy: "IF_NOT_PRESENT" }))
  }
  const runner = yield* TaskRunner
  yield* runner
    .events(request)
    .pipe(
      Stream.runForEach((event) =>
        event._tag === "Log"
          ? Effect.forEach(event.lines, (line) => Console.log(line), { discard: true })
          : event._tag === "Finished"
            ? Console.log(event.result.state)
            : Effect.void
      )
    )
})

const layer = TaskRunner.layerConnecting().pipe(Layer.provide([NodeFileSystem.layer, NodeHttpClient.layerUndici]))

NodeRuntime.runMain(program.pipe(Effect.provide(layer)))
