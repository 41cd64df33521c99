/**
 * Every permission of a run on a real cluster: service accounts with the Role that `podwright rbac`
 * prints, or less.
 */

import { permissionSuite } from "../src/cases/Permissions.ts"
import { serviceAccounts } from "../src/cases/ServiceAccounts.ts"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"

const cluster = clusterFromEnvironment()

permissionSuite(cluster, serviceAccounts(cluster))
