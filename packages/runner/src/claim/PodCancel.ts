/**
 * The request to cancel a run, as its pod carries it: an annotation, which the run's driver sees by
 * the watch of its pod, wherever the request came from. Pure.
 */
import { Schema } from "effect"

/** Who asks, and when. */
export const PodCancel = Schema.Struct({
  /** `USER@HOST`. */
  by: Schema.String,
  /** By the asking machine's clock, ISO 8601. */
  at: Schema.String
})
export type PodCancel = typeof PodCancel.Type

const Annotation = Schema.fromJsonString(PodCancel)
const decode = Schema.decodeUnknownOption(Annotation)

/** The annotation's value. */
export const cancelText: (cancel: PodCancel) => string = Schema.encodeSync(Annotation)

/**
 * The request in an annotation; undefined where there is none. One that something else wrote is a
 * request all the same, of somebody.
 */
export const readCancel = (text: string | undefined): PodCancel | undefined => {
  if (text === undefined) return undefined
  const found = decode(text)
  return found._tag === "Some" ? found.value : { by: "somebody who did not say who", at: "an unknown time" }
}
