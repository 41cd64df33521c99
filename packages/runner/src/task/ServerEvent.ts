/**
 * What is said of an API server that does not answer. Pure: the notice of its connection, and how long
 * its caller will wait, → an event.
 */
import type { ServerNotice } from "@podwright/k8s-io"
import { diagnosis } from "../diagnosis/Diagnosis.ts"
import type { RunEvent } from "./RunEvent.ts"

/**
 * The event for a notice that came `at` this time, in ms since 1970: `Waiting` where the server does
 * not answer, a `Warning` where it does again. `patience` continues "still trying".
 */
export const serverEvent = (notice: ServerNotice, patience: string, at: number): RunEvent => {
  const { address } = notice
  if (notice._tag === "Answers") {
    const seconds = (notice.afterMs / 1000).toFixed(1)
    return { _tag: "Warning", at, message: `the API server at ${address} answers again, after ${seconds} s` }
  }
  const { detail } = notice
  return {
    _tag: "Waiting",
    at,
    diagnosis: diagnosis(
      { _tag: "ServerSilent", address, said: detail ?? "" },
      "transient",
      `the API server at ${address} does not answer${detail === undefined ? "" : ` (${detail})`}; still trying ${patience}`,
      "check the address in the kubeconfig, the network and any proxy"
    )
  }
}
