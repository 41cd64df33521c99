/** Followers of pods on the cluster of KUBECONFIG. */

import { followers } from "../src/cases/Followers.ts"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"

followers(clusterFromEnvironment())
