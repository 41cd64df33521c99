/**
 * What an API server's refusal of a pod, or its warning about one, means for the task: which property to
 * change. The server gives no fields for it, so its sentences are read; one that is not known is passed on as it is.
 * Pure: (words, pod) → findings.
 */
import type { JsonObject, PodPlan } from "@podwright/spec-builder"

/** One thing in a pod that the server refuses or warns of. */
export interface TrialFinding {
  /** The server's words about it. */
  readonly said: string
  /** Properties of the task that decide it, below the file's `runner`; none where no property helps. */
  readonly properties: ReadonlyArray<string>
  /** What to do about it. */
  readonly remedy: string
}

type Kind = "limits" | "requests"

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A container of the pod, and the properties that set it. */
interface Place {
  /** For a sentence: "main", "podwright's helper 'files'". */
  readonly who: string
  readonly spec: string
  readonly amount: (kind: Kind, resource: string) => string
  /** The container's own amount; undefined where it has none. */
  readonly has: (kind: Kind, resource: string) => string | undefined
}

const placesOf = (plan: PodPlan): ReadonlyMap<string, Place> => {
  const { initContainers = [] } = plan.manifest.spec
  const all = [...(Array.isArray(initContainers) ? initContainers : []), ...plan.manifest.spec.containers]
  const helpers: ReadonlyArray<string> = plan.shape === "bare" ? [] : [plan.inputContainer, plan.outputContainer]
  const places = new Map<string, Place>()
  for (const container of all) {
    if (!isObject(container) || typeof container["name"] !== "string") continue
    const name = container["name"]
    const has: Place["has"] = (kind, resource) => {
      const amounts = isObject(container["resources"]) ? container["resources"][kind] : undefined
      const amount = isObject(amounts) ? amounts[resource] : undefined
      return amount === undefined || amount === null ? undefined : String(amount)
    }
    if (name === plan.mainContainer) {
      const amount: Place["amount"] = (kind, resource) =>
        `runner.resources.${kind === "limits" ? "limit" : "request"}.${resource}`
      places.set(name, { who: name, spec: "runner.containerSpec", amount, has })
    } else if (helpers.includes(name)) {
      const amount: Place["amount"] = (kind, resource) => `runner.fileSidecar.resources.${kind}.${resource}`
      places.set(name, { who: `podwright's helper '${name}'`, spec: "runner.fileSideCarSpec", amount, has })
    } else {
      const spec = `runner.podSpec, container '${name}'`
      const amount: Place["amount"] = (kind, resource) => `${spec}: resources.${kind}.${resource}`
      places.set(name, { who: `container '${name}'`, spec, amount, has })
    }
  }
  return places
}

const listed = (parts: ReadonlyArray<string>): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`

const set = (properties: ReadonlyArray<string>, how: string): Pick<TrialFinding, "properties" | "remedy"> => ({
  properties,
  remedy: `set ${listed(properties)}${how}`
})

/** `limits.memory`, or a request, which quotas also call by the resource's bare name. */
const quotaAmount = (name: string): { readonly kind: Kind; readonly resource: string } => {
  const [, kind, resource = name] = /^(limits|requests)\.(.+)$/.exec(name) ?? []
  return { kind: kind === "limits" ? "limits" : "requests", resource }
}

/** Who of the pod asks for an amount, and by which property. */
const askers = (places: ReadonlyMap<string, Place>, kind: Kind, resource: string) =>
  [...places.values()].flatMap((place) => {
    const amount = place.has(kind, resource)
    return amount === undefined ? [] : [{ amount, who: place.who, property: place.amount(kind, resource) }]
  })

const shares = (asking: ReturnType<typeof askers>): string =>
  listed(asking.map(({ amount, property, who }) => `${property} (${who}: ${amount})`))

/** `a=1,b=2` as pairs. */
const pairs = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split(",").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]))

type Reader = (said: string, places: ReadonlyMap<string, Place>) => ReadonlyArray<TrialFinding> | undefined

const EXCEEDED = /exceeded quota: ([^,]+), requested: (\S+), used: (\S+), limited: (\S+)/
const exceededQuota: Reader = (said, places) => {
  const [, quota, requested = "", used = "", limited = ""] = EXCEEDED.exec(said) ?? []
  if (quota === undefined) return undefined
  const [inUse, most] = [pairs(used), pairs(limited)]
  return [...pairs(requested)].map(([name, amount]): TrialFinding => {
    const words = `quota ${quota} has no room: ${name} asks for ${amount}, ${inUse.get(name)} of ${most.get(name)} is in use`
    const { kind, resource } = quotaAmount(name)
    const asking = askers(places, kind, resource)
    const room = `wait until other pods have ended, have quota ${quota} raised`
    return {
      said: words,
      properties: asking.map(({ property }) => property),
      remedy: asking.length === 0 ? `${room}, or use another namespace` : `${room}, or lower ${shares(asking)}`
    }
  })
}

const UNSPECIFIED = /failed quota: ([^:]+): must specify (.+)$/
const unspecified: Reader = (said, places) => {
  const [, quota, demands] = UNSPECIFIED.exec(said) ?? []
  return demands?.split("; ").flatMap((demand) => {
    const [name = "", names = ""] = demand.split(" for: ")
    const { kind, resource } = quotaAmount(name)
    return names.split(",").flatMap((container): ReadonlyArray<TrialFinding> => {
      const place = places.get(container)
      return place === undefined
        ? []
        : [
            {
              said: `quota ${quota} demands ${name} of every container, and ${place.who} has none`,
              ...set([place.amount(kind, resource)], "")
            }
          ]
    })
  })
}

const BOUND =
  /^(maximum|minimum) (\S+) usage per (\w+) is (\S+?)(?:, but (limit|request) is (\S+)|\. +No (limit|request) is specified)$/
const RATIO =
  /^(\S+) max limit to request ratio per (\w+) is (\S+), but (?:provided ratio is \S+|no (request|limit) is specified or (?:request|limit) is 0)$/

/** LimitRange: its sentences name no container, and what they say of it is its amount. */
const limitRange = (said: string, places: ReadonlyMap<string, Place>): TrialFinding | undefined => {
  const bound = BOUND.exec(said)
  if (bound !== null) {
    const [, which = "", resource = "", type = "", value = "", given, amount, absent] = bound
    const kind: Kind = (given ?? absent) === "limit" ? "limits" : "requests"
    const asking = askers(places, kind, resource)
    if (asking.length === 0 || amount === undefined) {
      const without = [...places.values()].filter((place) => place.has(kind, resource) === undefined)
      return {
        said,
        ...set(
          without.map((place) => place.amount(kind, resource)),
          ` within ${which} ${value}`
        )
      }
    }
    const exact = type === "Container" ? asking.filter((one) => one.amount === amount) : asking
    const found = exact.length === 0 ? asking : exact
    const change = which === "maximum" ? "lower" : "raise"
    return {
      said,
      properties: found.map(({ property }) => property),
      remedy: `${change} ${shares(found)} to ${which === "maximum" ? "at most" : "at least"} ${value}${type === "Pod" ? " together" : ""}`
    }
  }
  const ratio = RATIO.exec(said)
  if (ratio === null) return undefined
  const [, resource = "", , most, absent] = ratio
  const concerned = [...places.values()].filter(
    (place) =>
      (absent !== undefined) === (place.has(absent === "limit" ? "limits" : "requests", resource) === undefined)
  )
  const properties = concerned.flatMap((place) => [
    place.amount("requests", resource),
    place.amount("limits", resource)
  ])
  return { said, ...set(properties, ` so that the limit is at most ${most} times the request`) }
}

const limitRanges: Reader = (said, places) => {
  const text = /^pods "[^"]*" is forbidden: (.*)$/s.exec(said)?.[1] ?? said
  const several = /^\[(.*)\]$/s.exec(text)?.[1]
  const sentences =
    several === undefined ? [text] : several.split(/, (?=(?:maximum|minimum) \S+ usage per |\S+ max limit to request)/)
  const findings = sentences.map((sentence) => limitRange(sentence, places))
  return findings.every((finding) => finding !== undefined) ? findings : undefined
}

const NOT_ROOT = "runner.podSpec.securityContext"
/** What *restricted* asks for that podwright sets by itself for a main that is known not to be root. */
const RESTRICTED: ReadonlySet<string> = new Set([
  "allowPrivilegeEscalation != false",
  "unrestricted capabilities",
  "runAsNonRoot != true",
  "seccompProfile"
])

/** Pod Security: `violates PodSecurity "LEVEL": CHECK (DETAIL), CHECK (DETAIL)`. */
const VIOLATES = /violates? PodSecurity "([^"]+)": (.*)$/s
const podSecurity: Reader = (said, places) => {
  const [, level, list] = VIOLATES.exec(said) ?? []
  if (list === undefined) return undefined
  const checks = Array.from(
    list.matchAll(/(\S[^(]*?) \(((?:[^()"]|"[^"]*"|\([^()]*\))*)\)(?:, |$)/g),
    ([, check = "", detail = ""]) => ({
      check,
      detail
    })
  )
  if (checks.length === 0) return undefined
  const asksForUser = checks.some(({ check }) => check === "runAsNonRoot != true")
  const own = asksForUser ? checks.filter(({ check }) => RESTRICTED.has(check)) : []
  const rest = checks.filter((check) => !own.includes(check))
  const words = (found: typeof checks) =>
    `Pod Security ${level}: ${found.map(({ check, detail }) => `${check} (${detail})`).join(", ")}`
  const findings: Array<TrialFinding> = []
  if (own.length > 0) {
    findings.push({
      said: words(own),
      ...set(
        [NOT_ROOT],
        ": { runAsNonRoot: true, runAsUser: 1000 }, with a user of your image; podwright then sets for main and its helper what else is asked for"
      )
    })
  }
  for (const found of rest) {
    const fields = Array.from(found.detail.matchAll(/securityContext(?:\.\w+)+/g), ([field]) => field)
    const names = Array.from(found.detail.matchAll(/containers? ((?:"[^"]+"(?:, )?)+)/g), ([, names = ""]) =>
      Array.from(names.matchAll(/"([^"]+)"/g), ([, name = ""]) => name)
    ).flat()
    const specs = names.flatMap((name) => places.get(name)?.spec ?? [])
    const fieldText = fields[0] === undefined ? "" : `.${fields[0]}`
    const properties =
      specs.length > 0
        ? specs.map((spec) => `${spec}${fieldText}`)
        : found.check.startsWith("host namespaces")
          ? Array.from(found.detail.matchAll(/(host\w+)=/g), ([, field]) => `runner.podSpec.${field}`)
          : [found.check.includes("volume") ? "runner.podSpec.volumes" : `runner.podSpec${fieldText}`]
    findings.push({
      said: words([found]),
      properties,
      remedy: `change ${listed(properties)} to what the policy accepts, or use a namespace of another level`
    })
  }
  return findings
}

/** Objects that a pod names and that are not there. */
const MISSING: ReadonlyArray<readonly [RegExp, property: string, what: string]> = [
  [/error looking up service account \S+\/([^:\s]+):/, "runner.serviceAccountName", "service account"],
  [/no PriorityClass with name (\S+) was found/, "runner.podSpec.priorityClassName", "PriorityClass"],
  [/RuntimeClass "([^"]+)" not found/, "runner.podSpec.runtimeClassName", "RuntimeClass"],
  [/namespaces "([^"]+)" not found/, "runner.namespace", "namespace"]
]
const missing: Reader = (said) => {
  for (const [pattern, property, what] of MISSING) {
    const name = pattern.exec(said)?.[1]
    if (name !== undefined)
      return [{ said, properties: [property], remedy: `create ${what} ${name}, or name another in ${property}` }]
  }
  return undefined
}

const POLICY = /admission webhook "([^"]+)" denied the request|ValidatingAdmissionPolicy '([^']+)' with binding/
const policy: Reader = (said) => {
  const [, webhook, validating] = POLICY.exec(said) ?? []
  const name = webhook ?? validating
  if (name === undefined) return undefined
  const what = webhook === undefined ? "policy" : "admission webhook"
  const properties = ["runner.podSpec", "runner.containerSpec", "runner.fileSideCarSpec", "runner.labels"]
  return [
    {
      said,
      properties,
      remedy: `the ${what} ${name} is the cluster's own: do what it says by ${listed(properties)}, or ask its owner`
    }
  ]
}

/** A path in the pod as the property that sets it: `spec.containers[1].resources` → main's. */
const FIELD = /\bspec\.(initContainers|containers)\[(\d+)\](?:\.([\w.[\]-]+))?|\bspec\.([\w.[\]-]+)/
const fieldFinding = (plan: PodPlan, said: string, places: ReadonlyMap<string, Place>): TrialFinding | undefined => {
  const found = FIELD.exec(said)
  if (found === null) return undefined
  const [, list, index, rest, ofPod] = found
  const containers = list === undefined ? undefined : plan.manifest.spec[list]
  const container = Array.isArray(containers) ? containers[Number(index)] : undefined
  const name = isObject(container) ? container["name"] : undefined
  const spec = typeof name === "string" ? places.get(name)?.spec : undefined
  if (list !== undefined && spec === undefined) return undefined
  const parts = spec === undefined ? ["runner.podSpec", ofPod] : [spec, rest]
  const property = parts.filter((part) => part !== undefined).join(".")
  return { said, properties: [property], remedy: `correct ${property}` }
}

const field =
  (plan: PodPlan): Reader =>
  (text, places) => {
    // One answer for all fields that the server does not know, one sentence for each.
    const unknown = Array.from(text.matchAll(/unknown field "[^"]*"/g), ([sentence]) => sentence)
    const found = (unknown.length > 0 ? unknown : [text]).map((said) => fieldFinding(plan, said, places))
    return found.every((one) => one !== undefined) ? found : undefined
  }

/** What these words of the server about this pod mean, at least one finding. */
export const trialFindings = (words: string, plan: PodPlan): ReadonlyArray<TrialFinding> => {
  const places = placesOf(plan)
  const readers = [policy, podSecurity, exceededQuota, unspecified, limitRanges, missing, field(plan)]
  for (const read of readers) {
    const found = read(words.trim(), places)
    if (found !== undefined && found.length > 0) return found
  }
  return [{ said: words.trim(), properties: [], remedy: "" }]
}
