import { NodeFileSystem, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { TaskRunner, taskRequest } from "@podwright/runner"
import { decodeRunnerProperties } from "@podwright/spec-builder"
import { Console, Effect, Layer, Stream } from "effect"

const program = Effect.gen(function* () {
  const properties = yield* Effect.fromResult(decodeRunnerProperties({ pullPolicy: "IF_NOT_PRESENT" }))
  const request = taskRequest({ image: "busybox", commands: ["echo Hello World"], runner: properties })
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
