/**
 * The volume that main and helper share, and the names and places that are the protocol between
 * them. Constants, and the fragments of a manifest that follow from them.
 */
import type { JsonObject } from "../values/Json.ts"
/** Name of the emptyDir volume. */
export const VOLUME_NAME = "podwright"
/** Where it is mounted, in main and in helpers. */
export const VOLUME_ROOT = "/podwright"
/** Where commands start and inputs are delivered; WORKING_DIR. */
export const WORK_DIRECTORY = "/podwright/work"
/** Whatever is written here is collected; OUTPUT_DIR. */
export const OUTPUT_DIRECTORY = "/podwright/output"

/** The container that runs the task; its end is the run's end. */
export const MAIN_CONTAINER = "main"
/** The helper beside main. */
export const HELPER_CONTAINER = "files"
/** The init container that waits for input in the init shape. */
export const INPUT_CONTAINER = "files-in"

/** The variables that tell a command where it is, when the pod has the volume. */
export const PROTOCOL_ENV: Readonly<Record<string, string>> = {
  WORKING_DIR: WORK_DIRECTORY,
  OUTPUT_DIR: OUTPUT_DIRECTORY
}

/**
 * The variable by which a session knows that it is in its own pod. A kubelet is asked for an exec
 * by the pod's name, and while the containers of an earlier pod of that name still run it may lead
 * into them (seen on 1.35).
 */
export const POD_UID_VARIABLE = "PODWRIGHT_POD_UID"

/** What sets it, in helpers. */
export const podUidEnv: JsonObject = { name: POD_UID_VARIABLE, valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } }

/** The mount of main and of every helper. */
export const volumeMount: JsonObject = { name: VOLUME_NAME, mountPath: VOLUME_ROOT }

/** The pod's volume entry. `medium: "Memory"` counts against the containers' memory limits. */
export const podVolume = (options: { readonly sizeLimit?: string; readonly medium?: string }): JsonObject => ({
  name: VOLUME_NAME,
  emptyDir: {
    ...(options.sizeLimit === undefined ? {} : { sizeLimit: options.sizeLimit }),
    ...(options.medium === undefined ? {} : { medium: options.medium })
  }
})

/** Whether a path lies at or below the volume's root, whatever its slashes. */
export const isInVolume = (path: string): boolean => {
  const parts: Array<string> = []
  for (const part of path.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "" && part !== ".") parts.push(part)
  }
  return `/${parts[0] ?? ""}` === VOLUME_ROOT
}
