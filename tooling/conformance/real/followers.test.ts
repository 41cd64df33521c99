/** Followers of pods on the cluster of KUBECONFIG. */
import { clusterFromEnvironment } from "../src/Cluster.ts"
import { followers } from "../src/Followers.ts"

followers(clusterFromEnvironment())
