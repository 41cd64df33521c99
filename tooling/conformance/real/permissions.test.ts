/** Every permission of a run on a real cluster: service accounts with the Role that `podwright rbac` prints, or less. */
import { clusterFromEnvironment } from "../src/Cluster.ts"
import { permissionSuite } from "../src/Permissions.ts"
import { serviceAccounts } from "../src/ServiceAccounts.ts"

const cluster = clusterFromEnvironment()

permissionSuite(cluster, serviceAccounts(cluster))
