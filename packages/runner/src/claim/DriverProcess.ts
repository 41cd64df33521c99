/**
 * This process as a driver of pods, and whether others of its machine are there. Reads what tells
 * processes and machines apart.
 */
import { createHash } from "node:crypto"
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import { randomId } from "../task/RandomId.ts"
import type { Driver } from "./PodLease.ts"

/**
 * One boot of one machine and one namespace of process ids: only within it does a process id say
 * anything. Linux tells.
 */
const machineOf = (): string | undefined => {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    const namespace = readlinkSync("/proc/self/ns/pid")
    return createHash("sha256").update(`${boot} ${namespace}`).digest("hex").slice(0, 16)
  } catch {
    // Another system, or one that hides it: leases then have to run out.
    return undefined
  }
}

/** Whether a process of this machine is there; one that may not be signalled is. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"
  }
}

let machine: { readonly id: string | undefined } | undefined

/** A new name for this process as the driver of one run. */
export const newDriver = (): Driver => {
  machine ??= { id: machineOf() }
  return {
    name: `${hostname()}/${process.pid}/${randomId()}`,
    pid: process.pid,
    machine: machine.id
  }
}
