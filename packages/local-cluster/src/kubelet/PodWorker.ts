/**
 * One pod on the node, from its binding to its end: starts and stops its containers as
 * `PodLifecycle.ts` decides, and writes its status. Everything that happens to the pod comes
 * through one mailbox, so nothing happens at the same time.
 */
import { Deferred, Effect, Option, Queue, type Scope } from "effect"
import { apiTime } from "../contract/ApiTime.ts"
import type { PodStatus } from "../contract/PodStatus.ts"
import type { PodStore } from "../contract/Runtime.ts"
import type { ContainerStarter } from "./ContainerStarter.ts"
import type { KubeletPod } from "./KubeletPod.ts"
import {
  afterEnd,
  type ContainerHistory,
  dueAgain,
  initialHistory,
  nextSteps,
  type PodHistory,
  restartDelaySeconds
} from "./PodLifecycle.ts"
import type { ContainerInstance, InstanceOutcome, PodContext, PodSignal } from "./PodSignal.ts"
import { type PodVerdict, podStatus } from "./StatusFacts.ts"

/**
 * `minimumGracePeriodInSeconds` of the kubelet: it gives containers so long whatever the spec says,
 * unless the deletion says less.
 */
const LEAST_GRACE_SECONDS = 2

/** Runs a pod until it was deleted. Interrupting it kills its containers. */
export const runPod = Effect.fn("PodWorker.run")(function* (
  pod: KubeletPod,
  mailbox: Queue.Queue<PodSignal>,
  store: PodStore,
  starter: ContainerStarter
): Effect.fn.Return<void, never, Scope.Scope> {
  const { uid } = pod.metadata
  const specs = new Map([...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((one) => [one.name, one]))
  const instances = new Map<string, ContainerInstance>()
  /** Those that have been asked to end. */
  const terminated = new Set<ContainerInstance>()
  /** How many instances of containers are on their way, run, or are being cleared away. */
  let busy = 0
  const stop = yield* Deferred.make<void>()
  const ownGraceSeconds = Math.max(LEAST_GRACE_SECONDS, pod.spec.terminationGracePeriodSeconds ?? 30)
  const startTime = apiTime()
  const send = (signal: PodSignal) => Effect.asVoid(Queue.offer(mailbox, signal))
  const later = (seconds: number, signal: PodSignal) =>
    Effect.forkScoped(Effect.andThen(Effect.sleep(seconds * 1000), send(signal)))

  let history: PodHistory = initialHistory(pod)
  let verdict: PodVerdict | undefined
  let stopping = false
  let deleted = false
  let gone = false
  /** A lost node reports nothing but that it is lost. */
  let silent = false
  let silenced = false
  let written: { readonly status: PodStatus; readonly text: string } | undefined

  const set = (name: string, change: (before: ContainerHistory) => ContainerHistory) => {
    const before = history.get(name)
    if (before !== undefined) history = new Map(history).set(name, change(before))
  }

  /** Nothing of the pod runs, and nothing will. */
  const isOver = () => nextSteps(pod, history, stopping).ended && busy === 0

  const report = Effect.gen(function* () {
    if (silenced || gone) return
    silenced = silent
    const ended = nextSteps(pod, history, stopping).ended
    // The containers' end and the verdict are told together, once nothing can begin any more.
    if (verdict !== undefined && !silent && ended && busy > 0) return
    // As a kubelet: nobody is to believe that a pod has ended while something of it runs.
    const shown = silent || ended ? verdict : undefined
    const facts = { pod, history, startTime, verdict: shown, previous: written?.status, now: apiTime() }
    const status = podStatus(facts)
    const text = JSON.stringify(status)
    if (text === written?.text) return
    written = { status, text }
    yield* store.setStatus(uid, status)
  })

  const event: PodContext["event"] = (container, reason, message, type = "Normal") => {
    const list = pod.spec.containers.some(({ name }) => name === container) ? "containers" : "initContainers"
    const fieldPath = `spec.${list}{${container}}`
    return store.addEvent({ podUid: uid, type, reason, message, fieldPath, component: "kubelet" })
  }

  const podEvent = (type: "Normal" | "Warning", { message, reason }: PodVerdict) =>
    store.addEvent({ podUid: uid, type, reason, message, component: "kubelet" })

  const terminate = Effect.fnUntraced(function* (name: string) {
    const instance = instances.get(name)
    if (instance === undefined || terminated.has(instance)) return
    terminated.add(instance)
    if (!silent) yield* event(name, "Killing", `Stopping container ${name}`)
    yield* instance.kill("SIGTERM")
    // Sidecars are asked when main has ended, others when the pod is: a pod that is deleted may
    // give all of them less.
    yield* later(ownGraceSeconds, { _tag: "ContainerGraceOver", instance })
  })

  const stopAll = Effect.fnUntraced(function* (graceSeconds: number) {
    stopping = true
    yield* Deferred.succeed(stop, undefined)
    if (graceSeconds <= 0) {
      for (const instance of instances.values()) yield* instance.kill("SIGKILL")
      return
    }
    // Sidecars go after the main containers, as NextSteps says.
    for (const { name } of pod.spec.containers) yield* terminate(name)
    for (const init of pod.spec.initContainers ?? []) if (init.restartPolicy !== "Always") yield* terminate(init.name)
    yield* later(graceSeconds, { _tag: "GraceOver" })
  })

  const onOutcome = Effect.fnUntraced(function* (name: string, outcome: InstanceOutcome) {
    const spec = specs.get(name)
    if (spec === undefined) return
    switch (outcome._tag) {
      case "Waits":
        set(name, (before) => ({
          ...before,
          state: { _tag: "Waiting", reason: outcome.reason, message: outcome.message, begun: true }
        }))
        return
      case "Started":
        instances.set(name, outcome.instance)
        set(name, (before) => ({
          ...before,
          state: { _tag: "Running", startedAt: outcome.startedAt, containerID: outcome.instance.containerID }
        }))
        // It may have been on its way when the pod was told to stop.
        if (stopping) yield* gone || silent ? outcome.instance.kill("SIGKILL") : terminate(name)
        return
      case "Ended": {
        instances.delete(name)
        const restarts = history.get(name)?.restarts ?? 0
        const wind = stopping || nextSteps(pod, history, stopping).stop.includes(name)
        set(name, (before) => afterEnd(pod, spec, before, outcome.end, wind))
        if (history.get(name)?.state._tag === "Waiting")
          yield* later(restartDelaySeconds(restarts), { _tag: "RestartDue", container: name })
      }
    }
  })

  const onSignal = Effect.fnUntraced(function* (signal: PodSignal) {
    switch (signal._tag) {
      case "Outcome":
        return yield* onOutcome(signal.container, signal.outcome)
      case "InstanceOver":
        busy -= 1
        return
      case "RestartDue":
        return set(signal.container, dueAgain)
      case "Deleted":
        deleted = true
        return yield* stopAll(signal.graceSeconds)
      case "Gone":
        gone = true
        return yield* stopAll(0)
      case "Verdict":
        // What has ended already cannot be ended.
        if (nextSteps(pod, history, stopping).ended) return
        verdict ??= signal.verdict
        silent = signal.silent
        if (!silent) yield* podEvent(signal.verdict.disruption === undefined ? "Normal" : "Warning", signal.verdict)
        return yield* stopAll(signal.graceSeconds)
      case "GraceOver":
        return yield* stopAll(0)
      case "ContainerGraceOver":
        return yield* signal.instance.kill("SIGKILL")
    }
  })

  const onDeadline = pod.spec.activeDeadlineSeconds
  if (onDeadline !== undefined) {
    const message = "Pod was active on the node longer than the specified deadline"
    yield* later(onDeadline, {
      _tag: "Verdict",
      verdict: { reason: "DeadlineExceeded", message },
      graceSeconds: ownGraceSeconds,
      silent: false
    })
  }
  yield* Effect.addFinalizer(() => Effect.forEach(instances.values(), (instance) => instance.kill("SIGKILL")))
  const context: PodContext = {
    pod,
    event,
    send,
    isStopping: Deferred.isDone(stop),
    stopping: Deferred.await(stop)
  }
  while (true) {
    const steps = nextSteps(pod, history, stopping)
    for (const name of steps.start) {
      set(name, (before) => ({
        ...before,
        state: { _tag: "Waiting", reason: "ContainerCreating", begun: true }
      }))
      const spec = specs.get(name)
      if (spec === undefined) continue
      busy += 1
      yield* Effect.forkScoped(Effect.ensuring(starter.run(context, spec), send({ _tag: "InstanceOver" })))
    }
    for (const name of steps.stop) yield* terminate(name)
    yield* report
    const over = isOver()
    if (over && gone) return
    if (over && deleted) {
      yield* store.remove(uid)
      return
    }
    const first = yield* Queue.take(mailbox)
    yield* onSignal(first)
    // What has come meanwhile is one change of the status.
    for (let more = yield* Queue.poll(mailbox); Option.isSome(more); more = yield* Queue.poll(mailbox))
      yield* onSignal(more.value)
  }
}, Effect.scoped)
