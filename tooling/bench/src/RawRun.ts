/**
 * One run of a task without podwright: the pod that spec-builder makes, a POST, and either one exec
 * that does all, or the watch until main's end is visible. Times are milliseconds from just before
 * the POST.
 */

import { attemptDelay } from "@podwright/runner"
import { buildPod, type PodManifest } from "@podwright/spec-builder"
import { Effect } from "effect"
import { type BenchTask, benchValues, PULL_POLICY, runnerProperties } from "./BenchTask.ts"
import type { RawClient, RawExec } from "./RawClient.ts"

export type Times = Readonly<Record<string, number>>

/**
 * Between two tries of an exec, in ms: the runner's own pause for a run that waits alone, so that
 * only work differs.
 */
const EAGER_PAUSE = attemptDelay(1)

/**
 * `$1`: bytes of input. The gate is opened with the least that opens it; a line first tells that
 * the exec has started.
 */
const openGate = `cd /podwright && mkdir -p run work output && echo + || exit 1
if [ $1 -gt 0 ]; then dd bs=65536 iflag=fullblock,count_bytes count=$1 of=work/data.txt status=none; fi
: >run/ready
[ -p run/.bell ] && echo 1<>run/.bell`

/**
 * Sends everything back the moment main's gate has written its exit code, and lets the helper end.
 */
const openGateAndCollect = `${openGate}
until [ -e run/exit ]; do sleep 0.01; done
cat run/stdout run/stderr run/exit; if [ $1 -gt 0 ]; then cat work/out.txt; fi
: >run/done`

const stopwatch = () => {
  const begin = performance.now()
  const times: Record<string, number> = {}
  return { times, mark: (name: string) => (times[name] ??= performance.now() - begin) }
}

/** Tries until the container is there. */
const eagerly = (client: RawClient, exec: RawExec, pause = EAGER_PAUSE): Effect.Effect<void> =>
  client
    .exec(exec)
    .pipe(
      Effect.flatMap((done) => (done ? Effect.void : Effect.andThen(Effect.sleep(pause), eagerly(client, exec, pause))))
    )

/** The very pod that a run of the task makes. */
export const podOf = Effect.fnUntraced(function* (task: BenchTask, run: string) {
  const plan = yield* Effect.orDie(Effect.fromResult(buildPod(benchValues(task, run), yield* runnerProperties)))
  return plan.manifest
})

/**
 * The same container alone, with the bare command and no volume: the shape that shows what the node
 * itself needs.
 */
const bare = (task: BenchTask, { spec, ...pod }: PodManifest): PodManifest => ({
  ...pod,
  spec: {
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 0,
    containers: spec.containers
      .filter(({ name }) => name === "main")
      .map(({ image, name }) => ({
        name,
        image: image ?? "",
        imagePullPolicy: PULL_POLICY.field,
        command: ["sh", "-c", task.commands.join("\n")]
      }))
  }
})

const submit = (client: RawClient, pod: PodManifest) =>
  client.send("POST", `/api/v1/namespaces/${client.namespace}/pods?fieldValidation=Strict`, pod)

const remove = (client: RawClient, name: string) =>
  client.send("DELETE", `/api/v1/namespaces/${client.namespace}/pods/${name}`, {})

const execOf = (
  client: RawClient,
  pod: PodManifest,
  task: BenchTask,
  script: string,
  onOutput: RawExec["onOutput"]
) => ({
  namespace: client.namespace,
  pod: pod.metadata.name,
  container: "files",
  command: ["sh", "-c", script, "bench", String(task.input.length)],
  stdin: task.input,
  onOutput
})

/**
 * POST and one exec: log, exit code and file in hand (`result`), and when the exec began
 * (`started`).
 */
export const rawSequence = Effect.fn("RawRun.sequence")(function* (client: RawClient, task: BenchTask, run: string) {
  const pod = yield* podOf(task, run)
  const expected = Buffer.concat([Buffer.from(`+\n${task.stdout}${task.stderr}0\n`), task.input])
  const { mark, times } = stopwatch()
  yield* submit(client, pod)
  mark("created")
  const onOutput = (stdout: Buffer) => {
    mark("started")
    if (stdout.length < expected.length) return false
    mark("result")
    return stdout.equals(expected)
  }
  yield* eagerly(client, execOf(client, pod, task, openGateAndCollect, onOutput))
  yield* remove(client, pod.metadata.name)
  return times
})

/**
 * Between two tries of an exec after the watch has said that its container runs, ms: the kubelet
 * knows it by then.
 */
const SAID_PAUSE = 50

/**
 * As `rawSequence`, with the exec only when the watch shows the helper running: what many at once
 * are best served by.
 */
export const rawFollowed = Effect.fn("RawRun.followed")(function* (client: RawClient, task: BenchTask, run: string) {
  const pod = yield* podOf(task, run)
  const expected = Buffer.concat([Buffer.from(`+\n${task.stdout}${task.stderr}0\n`), task.input])
  const running = new Promise<void>((resolve) => {
    const stop = client.onPod(pod.metadata.name, (seen) => {
      const helper = seen?.status?.containerStatuses?.find(({ name }) => name === "files")
      if (helper?.state?.running === undefined) return
      stop()
      resolve()
    })
  })
  yield* submit(client, pod)
  yield* Effect.promise(() => running)
  const exec = execOf(client, pod, task, openGateAndCollect, (stdout) => stdout.equals(expected))
  yield* eagerly(client, exec, SAID_PAUSE)
  yield* remove(client, pod.metadata.name)
})

/** POST and watch, with the gate opened by a raw exec: when main's end is `visible` in the API. */
export const rawWatch = Effect.fn("RawRun.watch")(function* (
  client: RawClient,
  task: BenchTask,
  run: string,
  shape: "gate" | "bare"
) {
  const gated = yield* podOf(task, run)
  const pod = shape === "gate" ? gated : bare(task, gated)
  const { mark, times } = stopwatch()
  const visible = Effect.callback<void>((resume) => {
    const stop = client.onPod(pod.metadata.name, (seen) => {
      const main = seen?.status?.containerStatuses?.find(({ name }) => name === "main")
      if (main?.state?.terminated === undefined) return
      mark("visible")
      resume(
        main.state.terminated.exitCode === 0
          ? Effect.void
          : Effect.die(new Error(`main failed: ${JSON.stringify(main)}`))
      )
    })
    return Effect.sync(stop)
  })
  const drive = Effect.gen(function* () {
    yield* submit(client, pod)
    mark("created")
    if (shape === "bare") return
    const onOutput = () => {
      mark("started")
      return true
    }
    yield* eagerly(client, execOf(client, pod, task, openGate, onOutput))
  })
  yield* Effect.all([visible, drive], { concurrency: "unbounded" })
  yield* remove(client, pod.metadata.name)
  return times
})
