/** A `Pods` service of which a test gives what it needs; whatever else is asked of it fails the test. */
import { Pods } from "@podwright/k8s-io"
import { Effect } from "effect"

const unexpected = () => Effect.die("asked for a request that this test does not expect")

/** The service with these members. */
export const fakePods = (given: Partial<Pods["Service"]>): Pods["Service"] =>
  Pods.of({
    create: unexpected,
    tryCreate: unexpected,
    annotate: unexpected,
    delete: unexpected,
    get: unexpected,
    list: unexpected,
    ...given
  })
