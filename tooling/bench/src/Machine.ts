/**
 * The machine a figure was taken on, and what else it had to do: a figure without its load says
 * nothing.
 */
import { cpus, loadavg, totalmem, uptime } from "node:os"

export interface MachineState {
  readonly at: string
  /** Of 1, 5 and 15 minutes. */
  readonly load: ReadonlyArray<number>
}

export const machine = {
  cores: cpus().length,
  model: cpus()[0]?.model.trim() ?? "unknown",
  memoryMiB: Math.round(totalmem() / 1024 / 1024),
  node: process.version,
  upHours: Number((uptime() / 3600).toFixed(1))
}

export const machineState = (): MachineState => ({ at: new Date().toISOString(), load: loadavg() })

const words = ({ at, load }: MachineState) => `${at} (load ${load.map((one) => one.toFixed(2)).join(" ")})`

export const describeMachine = (before: MachineState, after: MachineState): string =>
  `${machine.cores} cores (${machine.model}), ${machine.memoryMiB} MiB, Node ${machine.node}; from ${words(before)} to ${words(after)}.`
