/** The whole suite, for any cluster: everything podwright promises, checked on real pods. */

import type { Cluster } from "../clusters/Cluster.ts"
import { caching } from "./Caching.ts"
import { cancellation } from "./Cancellation.ts"
import { commands } from "./Commands.ts"
import { doctor } from "./Doctor.ts"
import { endings } from "./Endings.ts"
import { expressions } from "./Expressions.ts"
import { failures } from "./Failures.ts"
import { files } from "./Files.ts"
import { inputFiles } from "./InputFiles.ts"
import { library } from "./Library.ts"
import { logs } from "./Logs.ts"
import { logValues } from "./LogValues.ts"
import { hardOutputs } from "./OutputFiles.ts"
import { podShapes } from "./PodShapes.ts"
import { referenceFlows } from "./ReferenceFlows.ts"
import { restricted } from "./Restricted.ts"
import { retries } from "./Retries.ts"
import { serverSilence } from "./ServerSilence.ts"
import { taskTypes } from "./TaskTypes.ts"

export const conformance = (cluster: Cluster): void => {
  referenceFlows(cluster)
  podShapes(cluster)
  restricted(cluster)
  logs(cluster)
  logValues(cluster)
  expressions(cluster)
  files(cluster)
  inputFiles(cluster)
  hardOutputs(cluster)
  commands(cluster)
  doctor(cluster)
  taskTypes(cluster)
  failures(cluster)
  retries(cluster)
  caching(cluster)
  cancellation(cluster)
  endings(cluster)
  library(cluster)
  serverSilence(cluster)
}
