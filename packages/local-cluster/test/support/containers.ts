/** Containers of a sandbox, without a pod around them. */
import { once } from "node:events"
import type { Socket } from "node:net"
import { Effect } from "effect"
import type { ContainerStart, Sandbox, SandboxContainer, SandboxProcess } from "../../src/sandbox/Sandbox.ts"
import type { ProcessLaunch, ProcessUser } from "../../src/sandbox/SandboxScript.ts"

export const root: ProcessUser = {
  uid: 0,
  gid: 0,
  groups: [],
  capabilities: ["chown", "dac_override", "kill", "setgid", "setuid"],
  noNewPrivileges: false
}

export interface Options extends Partial<Omit<ContainerStart, "launch">>, Partial<ProcessLaunch> {}

let containers = 0

export const startContainer = (sandbox: Sandbox, argv: ReadonlyArray<string>, options: Options = {}) => {
  const { env = new Map(), user = root, workingDir = "/", ...more } = options
  const path = ["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] as const
  return sandbox.start({
    container: `containers/test-${++containers}`,
    hostname: "hello",
    mounts: [],
    readOnlyRoot: false,
    age: containers,
    terminationMessagePath: "/dev/termination-log",
    cgroup: undefined,
    launch: { argv, env: new Map([path, ...env]), workingDir, user },
    ...more
  })
}

const text = async (socket: Socket): Promise<string> => {
  const chunks: Array<Buffer> = []
  socket.on("data", (chunk: Buffer) => chunks.push(chunk))
  await once(socket, "close")
  return Buffer.concat(chunks).toString()
}

/** Reads everything a process says, to its end. */
export const outcome = (running: SandboxProcess) =>
  Effect.gen(function* () {
    const said = Promise.all([text(running.stdout), text(running.stderr)])
    const code = yield* running.ended
    const [stdout, stderr] = yield* Effect.promise(() => said)
    return { code, stdout, stderr }
  })

/** Runs a shell script in a container. */
export const runScript = (sandbox: Sandbox, script: string, options: Options = {}) =>
  Effect.flatMap(startContainer(sandbox, ["sh", "-c", script], options), outcome)

/** A container that stays until it is killed. */
export const idleContainer = (sandbox: Sandbox, options: Options = {}) =>
  Effect.acquireRelease(startContainer(sandbox, ["sleep", "1000"], options), (container: SandboxContainer) =>
    Effect.andThen(container.kill("SIGKILL"), container.ended)
  )
