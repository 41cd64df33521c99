/**
 * Credentials that end while they are in use, on a real API server: tokens by TokenRequest of
 * service accounts that are removed, fetched again by a task, a plugin or a file; and Basic
 * authentication, which needs a front that does it.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { KubeConnection } from "@podwright/k8s-io"
import { Effect, Schedule } from "effect"
import { HttpClientRequest } from "effect/http"
import { clusterFromEnvironment, LIMITED_NAMESPACE } from "../src/clusters/Cluster.ts"
import { basicFront, type Front } from "../src/clusters/ClusterFronts.ts"
import { ConnectionMaterial, flowIdOf } from "../src/clusters/ConnectionMaterial.ts"
import { go, untilTold } from "../src/clusters/HeldTask.ts"
import { freshId, start } from "../src/clusters/Podwright.ts"

const cluster = clusterFromEnvironment()

let material: ConnectionMaterial
/** A token that the server does not take any more, as its service account is gone. */
let ended: string
/** One that it takes for as long as the tests run. */
let good: string
const accounts: Array<string> = []

const newAccount = async () => {
  const account = await material.serviceAccount()
  accounts.push(account.name)
  return account
}

beforeAll(async () => {
  material = await ConnectionMaterial.make(cluster)
  const gone = await material.serviceAccount()
  await material.removeServiceAccount(gone.name)
  ended = gone.token
  good = (await newAccount()).token
  return async () => {
    for (const name of accounts) await material.removeServiceAccount(name)
    await material.remove()
  }
})

const trusting = { caCertFile: "authority.pem" }

/**
 * A program that prints the first token once and then the second, and the file in which it counts.
 */
const tokenProgram = async (first: string, second: string) => {
  const name = freshId("tokens")
  const [count, program] = [material.path(`${name}.count`), material.path(`${name}.sh`)]
  await material.write(`${name}.1`, first)
  await material.write(`${name}.2`, second)
  const pick = `[ $(wc -l < ${count}) -gt 1 ] && n=2 || n=1`
  await material.write(
    `${name}.sh`,
    `#!/bin/sh\necho asked >> ${count}\n${pick}\ncat ${material.path(name)}.$n\n`,
    0o700
  )
  const asked = async () => (await material.text(`${name}.count`)).trimEnd().split("\n").length
  return { program, asked }
}

describe.concurrent("oauthTokenProvider", () => {
  const provider = (program: string) => ({
    ...trusting,
    oauthTokenProvider: { task: { commands: [program] }, output: "{{ stdout }}", cache: "PT1H" }
  })

  it("is asked once more when its token is not taken", async () => {
    const { asked, program } = await tokenProgram(ended, good)
    const { code, stderr } = await material.run(provider(program))
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(await asked(), 2)
  })

  it("is asked once when its token is taken", async () => {
    const { asked, program } = await tokenProgram(good, ended)
    const { code, stderr } = await material.run(provider(program))
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(await asked(), 1)
  })

  it("gives up, with its name, when the new token is not taken either", async () => {
    const { program } = await tokenProgram(ended, ended)
    const { code, stderr } = await material.run(provider(program))
    assert.strictEqual(code, 125, stderr)
    assert.match(stderr, /does not accept the credentials.*Check config\.oauthTokenProvider\./)
  })

  it("is asked once more when its token ends in the middle of a run, and the run leaves no pod", async () => {
    const passing = await newAccount()
    const { asked, program } = await tokenProgram(passing.token, good)
    const flag = freshId("flag")
    const fields = { inherit: false, masterUrl: material.server, namespace: LIMITED_NAMESPACE, ...provider(program) }
    const file = await material.taskFile(fields, (id) => ["echo begun", untilTold(id, "echo over")])
    const invocation = start(cluster, ["run", file, "--output-dir", material.path(flag)], "/nowhere/kubeconfig")
    await invocation.printed("begun")
    accounts.splice(accounts.indexOf(passing.name), 1)
    await material.removeServiceAccount(passing.name)
    // The server forgets within 10 s that it has known a token; what the run asks after that must
    // be asked anew.
    await material.untilForgotten(passing.token)
    await go(cluster, flowIdOf(file))
    assert.strictEqual((await invocation.ended).code, 0, invocation.stderr())
    assert.strictEqual(invocation.stdout().toString(), "begun\nover\n")
    assert.strictEqual(await asked(), 2)
    await cluster.untilNoPods(flowIdOf(file))
  })
})

describe.concurrent("a kubeconfig's", () => {
  const plugin = async (first: string, second: string) => {
    const name = freshId("plugin")
    const tokens = await tokenProgram(first, second)
    const told = material.path(`${name}.told`)
    const answer = `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}`
    const script = `#!/bin/sh\nprintf %s "$KUBERNETES_EXEC_INFO" > ${told}\nprintf '${answer}' "$(${tokens.program})"\n`
    await material.write(`${name}.sh`, script, 0o700)
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: material.path(`${name}.sh`),
      interactiveMode: "Never",
      provideClusterInfo: true
    }
    return { kubeconfig: await material.kubeconfig({ exec }), told: () => material.text(`${name}.told`), ...tokens }
  }

  it("exec plugin brings the token, is told of the cluster, and is asked once more on a 401", async () => {
    const { asked, kubeconfig, told } = await plugin(ended, good)
    const { code, stderr } = await material.runFile(await material.taskFile(undefined), kubeconfig)
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(await asked(), 2)
    assert.strictEqual(JSON.parse(await told()).spec.cluster.server, material.server)
  })

  it("exec plugin that fails is named, with what it said", async () => {
    const name = `${freshId("broken")}.sh`
    await material.write(name, "#!/bin/sh\necho 'sign in first' >&2\nexit 1\n", 0o700)
    const command = material.path(name)
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command, interactiveMode: "Never" }
    const kubeconfig = await material.kubeconfig({ exec })
    const { code, stderr } = await material.runFile(await material.taskFile(undefined), kubeconfig)
    assert.strictEqual(code, 125)
    assert.match(stderr, /users\[u\]\.user\.exec.*sign in first/s)
  })

  it("tokenFile is read again when its token has ended", async () => {
    const [first, second] = [await newAccount(), await newAccount()]
    const tokenFile = material.path(freshId("token"))
    const put = (token: string) => material.write(tokenFile.slice(material.folder.length + 1), `${token}\n`)
    await put(first.token)
    const kubeconfig = await material.kubeconfig({ tokenFile })
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" }
    const names = await Effect.runPromise(
      Effect.gen(function* () {
        const { http } = yield* KubeConnection
        const question = HttpClientRequest.post("/apis/authentication.k8s.io/v1/selfsubjectreviews").pipe(
          HttpClientRequest.bodyJsonUnsafe(review)
        )
        const whoAmI = http.execute(question).pipe(
          Effect.flatMap((response) => response.json),
          // Anybody who is not known would be told so here.
          Effect.map((answer): string => String(Object(answer).status?.userInfo?.username).replace(/.*:/, ""))
        )
        const seen = [yield* whoAmI]
        yield* Effect.promise(async () => {
          await put(second.token)
          await material.removeServiceAccount(first.name)
        })
        yield* whoAmI.pipe(
          Effect.tap((name) => Effect.sync(() => seen.push(name))),
          Effect.repeat({
            until: (name) => name !== first.name,
            schedule: Schedule.spaced("200 millis").pipe(Schedule.upTo({ duration: "50 seconds" }))
          })
        )
        return [...new Set(seen)]
      }).pipe(Effect.provide(KubeConnection.layer({ kubeconfig })))
    )
    accounts.splice(accounts.indexOf(first.name), 1)
    assert.deepStrictEqual(names, [first.name, second.name])
  })
})

describe.concurrent("username and password", () => {
  const account = { username: "someone", password: "with:colon and ünï" }
  let front: Front

  beforeAll(async () => {
    front = await basicFront({
      identity: await material.mintServer("front"),
      account: `${account.username}:${account.password}`,
      server: material.server,
      authority: await material.text("authority.pem"),
      token: material.token
    })
    return front.stop
  })

  const fields = () => ({ masterUrl: `https://127.0.0.1:${front.port}`, caCertFile: "front.pem" })

  it("let a run through a front that does Basic authentication, exec included", async () => {
    const { code, stderr, stdout } = await material.run({ ...fields(), ...account })
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(stdout, "it-runs\n")
  })

  it("are named when they are wrong", async () => {
    const { code, stderr } = await material.run({ ...fields(), ...account, password: "wrong" })
    assert.strictEqual(code, 125)
    assert.match(stderr, /does not accept the credentials.*Check config\.username, config\.password\./)
  })
})
