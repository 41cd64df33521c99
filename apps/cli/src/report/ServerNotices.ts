/** Says, on stderr, that the API server does not answer a command's questions, and when it does again. */
import { KubeConnection, requestPatienceSeconds } from "@podwright/k8s-io"
import { serverEvent } from "@podwright/runner"
import { Clock, Effect } from "effect"
import { writeStderr } from "../ProcessOutput.ts"
import { reportEvent } from "./TextReport.ts"

/** Asks, and says so while there is no answer. A stderr that is closed has nobody to tell. */
export const withServerNotices = <A, E, R>(
  questions: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R | KubeConnection> =>
  Effect.flatMap(KubeConnection, ({ followSilence }) =>
    Effect.raceFirst(
      questions,
      followSilence(
        Effect.fnUntraced(function* (notice) {
          const patience = `for up to ${requestPatienceSeconds} s`
          const report = reportEvent(serverEvent(notice, patience, yield* Clock.currentTimeMillis))
          if (report !== undefined) yield* Effect.ignore(writeStderr(report.text))
        })
      )
    )
  )
