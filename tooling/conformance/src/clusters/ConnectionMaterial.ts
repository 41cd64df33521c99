/**
 * For tests of connections to a real API server: certificates signed by its client authority,
 * tokens of service accounts, and runs that connect only as their task file says.
 */
import { execFile } from "node:child_process"
import { copyFile, readFile, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { promisify } from "node:util"
import { parse } from "yaml"
import { type Cluster, LIMITED_NAMESPACE } from "./Cluster.ts"
import type { Identity } from "./ClusterFronts.ts"
import { until } from "./HeldTask.ts"
import { kubectl, startKubectl } from "./Kubectl.ts"
import { freshId, podwright, removeFolder, sharedFolder } from "./Podwright.ts"

const execute = promisify(execFile)

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly "certificate-authority": string } }
  ]
  readonly users: readonly [{ readonly user: { readonly token: string } }]
}

const kubeconfigOf = async (path: string): Promise<Kubeconfig> => parse(await readFile(path, "utf8"))

/** Fields of a task's `config`. */
export type ConnectionFields = Readonly<Record<string, unknown>>

/** The id of the flow in a file of `taskFile`. */
export const flowIdOf = (file: string): string => basename(file, ".yaml")

/** Opens everything here that is locked. */
export const PASSPHRASE = "changeit"

export class ConnectionMaterial {
  readonly cluster: Cluster
  /** Holds everything by relative paths; a task's file paths are relative to it. */
  readonly folder: string
  readonly server: string
  /** A token with the documented Role. */
  readonly token: string
  /** Path of the server's authority, PEM. */
  readonly authority: string

  private constructor(cluster: Cluster, folder: string, server: string, token: string) {
    this.cluster = cluster
    this.folder = folder
    this.server = server
    this.token = token
    this.authority = join(folder, "authority.pem")
  }

  static async make(cluster: Cluster): Promise<ConnectionMaterial> {
    const admin = await kubeconfigOf(cluster.kubeconfig)
    const limited = await kubeconfigOf(cluster.limitedKubeconfig)
    const { server, "certificate-authority": authority } = admin.clusters[0].cluster
    const { token } = limited.users[0].user
    const material = new ConnectionMaterial(cluster, await sharedFolder(), server, token)
    await copyFile(authority, material.authority)
    return material
  }

  remove(): Promise<void> {
    return removeFolder(this.folder)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  text(name: string): Promise<string> {
    return readFile(this.path(name), "utf8")
  }

  write(name: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
    return writeFile(this.path(name), content, { mode })
  }

  /** Runs openssl in the folder. */
  async openssl(...args: ReadonlyArray<string>): Promise<void> {
    await execute("openssl", args, { cwd: this.folder })
  }

  /**
   * Signs an administrator with the cluster's authority of clients: `NAME.pem`, and `NAME.key` in
   * PKCS#8.
   */
  async mint(name: string, days = 1, key: ReadonlyArray<string> = ["rsa:2048"]): Promise<void> {
    const certs = dirname(this.cluster.kubeconfig)
    const signer = ["-CA", join(certs, "client-ca.crt"), "-CAkey", join(certs, "client-ca.key"), "-set_serial", "7"]
    const subject = ["-nodes", "-subj", `/O=system:masters/CN=${name}`]
    await this.openssl("req", "-newkey", ...key, ...subject, "-keyout", `${name}.key`, "-out", `${name}.csr`)
    await this.openssl("x509", "-req", "-in", `${name}.csr`, ...signer, "-days", `${days}`, "-out", `${name}.pem`)
  }

  /** A server on 127.0.0.1 that is its own authority: `NAME.pem`. */
  async mintServer(name: string): Promise<Identity> {
    const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"]
    const files = ["-keyout", `${name}.key`, "-out", `${name}.pem`]
    await this.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", ...names, ...files)
    return { cert: await this.text(`${name}.pem`), key: await this.text(`${name}.key`) }
  }

  kubectl(...args: ReadonlyArray<string>) {
    return kubectl(this.cluster.kubeconfig, args)
  }

  /** A service account with the documented Role, and a token of it by TokenRequest. */
  async serviceAccount(): Promise<{ readonly name: string; readonly token: string }> {
    const name = freshId("account")
    const inNamespace = ["-n", LIMITED_NAMESPACE]
    await this.kubectl("create", "serviceaccount", name, ...inNamespace)
    const subject = `--serviceaccount=${LIMITED_NAMESPACE}:${name}`
    await this.kubectl("create", "rolebinding", name, "--role=podwright", subject, ...inNamespace)
    return { name, token: (await this.kubectl("create", "token", name, ...inNamespace)).stdout.trim() }
  }

  /**
   * Its tokens are good for nothing from now on; the server may remember one that it has just seen
   * for 10 s.
   */
  async removeServiceAccount(name: string): Promise<void> {
    await this.kubectl("delete", "serviceaccount,rolebinding", name, "-n", LIMITED_NAMESPACE)
  }

  /** Waits until the server does not take a token any more. */
  async untilForgotten(token: string): Promise<void> {
    const kubeconfig = await this.kubeconfig({ token })
    await until(async () => {
      const { code, stderr } = await startKubectl(kubeconfig, ["auth", "whoami"]).ended
      return code !== 0 && /Unauthorized|logged in/.test(stderr)
    }, "the server has forgotten the token")
  }

  /** A kubeconfig for the cluster with this user, and with more about the cluster. */
  async kubeconfig(user: object, about: object = {}): Promise<string> {
    const path = this.path(`${freshId("kubeconfig")}.json`)
    const cluster = { server: this.server, "certificate-authority": this.authority, ...about }
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user }],
      contexts: [{ name: "c", context: { cluster: "c", user: "u", namespace: LIMITED_NAMESPACE } }],
      "current-context": "c"
    }
    await writeFile(path, JSON.stringify(config), { mode: 0o600 })
    return path
  }

  /**
   * A task file with files out, so that requests and exec are both needed; `config` is left out
   * when there is none.
   */
  async taskFile(config: ConnectionFields | undefined, commands = (_id: string) => ["echo it-runs"]): Promise<string> {
    const id = freshId("connection")
    const path = this.path(`${id}.yaml`)
    const all = [...commands(id), "echo result > $OUTPUT_DIR/result.txt"]
    await writeFile(
      path,
      JSON.stringify({ id, image: "busybox", commands: all, ...(config && { runner: { config } }) })
    )
    return path
  }

  /**
   * Runs a task to its end that connects by these fields alone; the kubeconfig of the surroundings
   * leads nowhere.
   */
  async run(config: ConnectionFields, environment: Readonly<Record<string, string>> = {}) {
    const fields = { inherit: false, masterUrl: this.server, namespace: LIMITED_NAMESPACE, ...config }
    return this.runFile(await this.taskFile(fields), "/nowhere/kubeconfig", environment)
  }

  runFile(file: string, kubeconfig: string, environment: Readonly<Record<string, string>> = {}) {
    const args = ["run", file, "--output-dir", file.replace(/\.yaml$/, ".out")]
    return podwright(this.cluster, args, kubeconfig, "", environment)
  }
}
