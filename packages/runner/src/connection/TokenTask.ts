/**
 * Brings a bearer token as `oauthTokenProvider` says: runs its commands on this machine or sends
 * its request, and finds the token in what they gave by its expression. Errors are k8s-io's, name
 * the field, and show neither the answer nor the token.
 */
import { execFile } from "node:child_process"
import { failureDetail, KubeError } from "@podwright/k8s-io"
import type { TokenProviderProperties, TokenTaskProperties } from "@podwright/spec-builder"
import { DEFAULT_INTERPRETER } from "@podwright/spec-builder"
import { makeRenderer } from "@podwright/task-file"
import { Effect, Result, Schedule } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"

type TokenProvider = typeof TokenProviderProperties.Type
type TokenTask = typeof TokenTaskProperties.Type

/** A run waits for its token; identity servers answer within seconds. */
const LIMIT = "30 seconds"
/** Tokens are a few KiB; an answer this long is something else. */
const LARGEST_ANSWER = 1024 * 1024
/** Retries of an identity server that is unreachable or overloaded for a moment. */
const RETRIES = 3

const wrong = (field: "task" | "task.commands" | "task.uri" | "output", detail: string, cause?: unknown): KubeError =>
  new KubeError({
    operation: "KubeConnection.token",
    subject: {},
    reason: { _tag: "Config", field: `config.oauthTokenProvider.${field}`, detail },
    ...(cause === undefined ? {} : { cause })
  })

const jsonIn = (text: string): Readonly<Record<string, unknown>> => {
  try {
    return { json: JSON.parse(text) }
  } catch {
    // not JSON: an expression that asks for `json` says so itself
    return {}
  }
}

const runCommands = (commands: ReadonlyArray<string>, { env, interpreter }: TokenTask) =>
  Effect.callback<Readonly<Record<string, unknown>>, KubeError>((resume) => {
    const [program = "", ...args] = interpreter ?? DEFAULT_INTERPRETER
    const start = () =>
      execFile(
        program,
        [...args, commands.join("\n")],
        { env: { ...process.env, ...env }, maxBuffer: LARGEST_ANSWER },
        (error, stdout, stderr) => {
          if (error === null) {
            const text = stdout.replace(/\r?\n$/, "")
            return resume(Effect.succeed({ stdout: text, exitCode: 0, ...jsonIn(text) }))
          }
          const said = stderr.trim().slice(0, 500)
          const what = typeof error.code === "number" ? `ended with exit code ${error.code}` : failureDetail(error)
          resume(Effect.fail(wrong("task.commands", `${what}${said === "" ? "" : `: ${said}`}`, error)))
        }
      )
    // Node throws what no process can be given: a NUL byte, or more than Linux takes. Its words may quote the
    // value of a variable.
    const started = Result.try(start)
    if (Result.isFailure(started)) {
      const detail = "could not be started: commands and env may hold no NUL byte, and no more than Linux takes"
      return resume(Effect.fail(wrong("task.commands", detail)))
    }
    const child = started.success
    return Effect.sync(() => child.kill())
  })

const sendRequest = Effect.fnUntraced(function* (uri: string, task: TokenTask) {
  const client = HttpClient.retryTransient(yield* HttpClient.HttpClient, {
    times: RETRIES,
    schedule: Schedule.exponential("200 millis")
  })
  const request = HttpClientRequest.make(task.method ?? "GET")(uri, { headers: { ...task.headers } })
  const { body, contentType = "text/plain" } = task
  const response = yield* client
    .execute(body === undefined ? request : HttpClientRequest.bodyText(request, body, contentType))
    .pipe(Effect.mapError((error) => wrong("task.uri", `no answer: ${failureDetail(error)}`, error)))
  if (response.status < 200 || response.status > 299)
    return yield* wrong("task.uri", `answered with status ${response.status}`)
  const text = yield* response.text.pipe(
    Effect.mapError((error) => wrong("task.uri", `the answer broke off: ${failureDetail(error)}`, error))
  )
  return { body: text, code: response.status, headers: { ...response.headers }, ...jsonIn(text) }
})

const gather = (task: TokenTask) => {
  if (task.commands !== undefined) return runCommands(task.commands, task)
  return task.uri === undefined
    ? Effect.fail(wrong("task", "has neither commands nor uri"))
    : sendRequest(task.uri, task)
}

/** Fetches one token. */
export const fetchToken = Effect.fn("TokenTask.fetch")(function* ({
  output,
  task
}: TokenProvider): Effect.fn.Return<string, KubeError, HttpClient.HttpClient> {
  const values = yield* gather(task).pipe(
    Effect.timeoutOrElse({
      duration: LIMIT,
      orElse: () => Effect.fail(wrong("task", `gave no token within ${LIMIT}`))
    })
  )
  const render = yield* makeRenderer({ values, secret: () => undefined })
  const rendered = yield* render(output)
  if (Result.isFailure(rendered)) {
    const names = Object.keys(values).join(", ")
    return yield* wrong("output", `${rendered.failure.message}; the task gave ${names}`)
  }
  const token = rendered.success.trim()
  if (!/^\S+$/.test(token))
    return yield* wrong(
      "output",
      token === ""
        ? "rendered to an empty text instead of a token"
        : "rendered to a text with white space instead of a token"
    )
  return token
})
