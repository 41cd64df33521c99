/**
 * What the API server checks of a pod's values, and what it fills in. Pure. A subset of the real
 * server's: what every pod of this cluster needs to make sense, in the real server's words.
 */
import { Result } from "effect"
import { quantityValue } from "../contract/Quantity.ts"
import type { KubeObject } from "../contract/Runtime.ts"
import type { ApiStatus, StatusCause } from "./ApiStatus.ts"
import { invalid } from "./ApiStatus.ts"

export interface Container extends KubeObject {
  readonly name?: string
  readonly image?: string
  readonly restartPolicy?: string
  readonly env?: ReadonlyArray<{ readonly name?: string; readonly value?: string; readonly valueFrom?: object }>
  readonly volumeMounts?: ReadonlyArray<{ readonly name?: string; readonly mountPath?: string }>
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>
    readonly limits?: Readonly<Record<string, string>>
  }
}

interface Volume extends KubeObject {
  readonly name?: string
}

/** A decoded spec: its fields have the right types, and any of them may be absent. */
export interface PodSpec extends KubeObject {
  readonly containers?: ReadonlyArray<Container>
  readonly initContainers?: ReadonlyArray<Container>
  readonly volumes?: ReadonlyArray<Volume>
  readonly restartPolicy?: string
  readonly activeDeadlineSeconds?: number
  readonly terminationGracePeriodSeconds?: number
  readonly nodeName?: string
}

/** A container that has passed `validatePod`. */
export interface ValidContainer extends Container {
  readonly name: string
}

/** A spec that has passed `validatePod`. */
export interface ValidPodSpec extends PodSpec {
  readonly containers: ReadonlyArray<ValidContainer>
  readonly initContainers?: ReadonlyArray<ValidContainer>
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const RESTART_POLICIES = ["Always", "OnFailure", "Never"]
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"]
/** math.MaxInt32, the server's bound for seconds. */
const MAXIMUM_SECONDS = 2_147_483_647

const required = (field: string, detail = ""): StatusCause => ({
  reason: "FieldValueRequired",
  message: `Required value${detail}`,
  field
})
const wrong = (field: string, value: unknown, why: string): StatusCause => ({
  reason: "FieldValueInvalid",
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field
})
const duplicate = (field: string, value: unknown): StatusCause => ({
  reason: "FieldValueDuplicate",
  message: `Duplicate value: ${JSON.stringify(value)}`,
  field
})
const unsupported = (field: string, value: unknown, known: ReadonlyArray<string>): StatusCause => ({
  reason: "FieldValueNotSupported",
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${known.map((one) => JSON.stringify(one)).join(", ")}`,
  field
})

const resourceCauses = (container: Container, at: string): ReadonlyArray<StatusCause> => {
  const { requests = {}, limits = {} } = container.resources ?? {}
  const negative = (["requests", "limits"] as const).flatMap((kind) =>
    Object.entries(container.resources?.[kind] ?? {})
      .filter(([, amount]) => quantityValue(amount) < 0)
      .map(([name, amount]) => wrong(`${at}.resources.${kind}[${name}]`, amount, "must be greater than or equal to 0"))
  )
  const excess = Object.entries(requests)
    .filter(([name, amount]) => limits[name] !== undefined && quantityValue(amount) > quantityValue(limits[name]))
    .map(([name, amount]) =>
      wrong(`${at}.resources.requests`, amount, `must be less than or equal to ${name} limit of ${limits[name]}`)
    )
  return [...negative, ...excess]
}

const nameCauses = (name: string | undefined, at: string, taken: Set<string>): ReadonlyArray<StatusCause> => {
  if (name === undefined || name === "") return [required(`${at}.name`)]
  if (!LABEL.test(name) || name.length > 63)
    return [
      wrong(
        `${at}.name`,
        name,
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
      )
    ]
  if (taken.has(name)) return [duplicate(`${at}.name`, name)]
  taken.add(name)
  return []
}

const containerCauses = (
  container: Container,
  at: string,
  volumes: ReadonlySet<string | undefined>
): ReadonlyArray<StatusCause> => {
  const causes: Array<StatusCause> = []
  if ((container.image ?? "") === "") causes.push(required(`${at}.image`))
  else if (container.image !== container.image?.trim())
    causes.push(wrong(`${at}.image`, container.image, "must not have leading or trailing whitespace"))
  const pull = container["imagePullPolicy"]
  if (typeof pull === "string" && !PULL_POLICIES.includes(pull))
    causes.push(unsupported(`${at}.imagePullPolicy`, pull, PULL_POLICIES))
  container.env?.forEach((variable, index) => {
    if ((variable.name ?? "") === "") causes.push(required(`${at}.env[${index}].name`))
    if ((variable.value ?? "") !== "" && variable.valueFrom !== undefined)
      causes.push(wrong(`${at}.env[${index}].valueFrom`, "", "may not be specified when `value` is not empty"))
  })
  const paths = new Set<string>()
  container.volumeMounts?.forEach((mount, index) => {
    const place = `${at}.volumeMounts[${index}]`
    if ((mount.name ?? "") === "") causes.push(required(`${place}.name`))
    else if (!volumes.has(mount.name))
      causes.push({
        reason: "FieldValueNotFound",
        message: `Not found: ${JSON.stringify(mount.name)}`,
        field: `${place}.name`
      })
    if ((mount.mountPath ?? "") === "") causes.push(required(`${place}.mountPath`))
    else if (paths.has(mount.mountPath ?? ""))
      causes.push(wrong(`${place}.mountPath`, mount.mountPath, "must be unique"))
    paths.add(mount.mountPath ?? "")
  })
  return [...causes, ...resourceCauses(container, at)]
}

const metadataCauses = (name: string, labels: unknown): ReadonlyArray<StatusCause> => {
  const causes: Array<StatusCause> = []
  if (name === "") causes.push(required("metadata.name", ": name or generateName is required"))
  else if (!SUBDOMAIN.test(name) || name.length > 253)
    causes.push(
      wrong(
        "metadata.name",
        name,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
      )
    )
  for (const value of Object.values((labels ?? {}) as Readonly<Record<string, string>>)) {
    if (value.length > 63) causes.push(wrong("metadata.labels", value, "must be no more than 63 bytes"))
    else if (!LABEL_VALUE.test(value))
      causes.push(
        wrong(
          "metadata.labels",
          value,
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        )
      )
  }
  return causes
}

/** What is wrong with the labels that a pod is to have; undefined when nothing is. */
export const labelProblem = (name: string, labels: unknown): ApiStatus | undefined => {
  const causes = metadataCauses(name, labels)
  return causes.length === 0 ? undefined : invalid(name, causes)
}

/**
 * The spec of a pod that may be stored; fails with everything that is wrong with it, as the server
 * refuses it.
 */
export const validatePod = (name: string, labels: unknown, spec: PodSpec): Result.Result<ValidPodSpec, ApiStatus> => {
  const causes: Array<StatusCause> = [...metadataCauses(name, labels)]
  const volumeNames = new Set<string>()
  spec.volumes?.forEach((volume, index) => {
    causes.push(...nameCauses(volume.name, `spec.volumes[${index}]`, volumeNames))
    if (Object.keys(volume).length < 2) causes.push(required(`spec.volumes[${index}]`, ": must specify a volume type"))
  })
  if ((spec.containers ?? []).length === 0) causes.push(required("spec.containers"))
  const names = new Set<string>()
  for (const list of ["initContainers", "containers"] as const) {
    spec[list]?.forEach((container, index) => {
      const at = `spec.${list}[${index}]`
      causes.push(...containerCauses(container, at, volumeNames), ...nameCauses(container.name, at, names))
    })
  }
  if (spec.restartPolicy !== undefined && !RESTART_POLICIES.includes(spec.restartPolicy))
    causes.push(unsupported("spec.restartPolicy", spec.restartPolicy, RESTART_POLICIES))
  const deadline = spec.activeDeadlineSeconds
  if (deadline !== undefined && (deadline < 1 || deadline > MAXIMUM_SECONDS))
    causes.push(wrong("spec.activeDeadlineSeconds", deadline, `must be between 1 and ${MAXIMUM_SECONDS}, inclusive`))
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    causes.push(
      wrong(
        "spec.terminationGracePeriodSeconds",
        spec.terminationGracePeriodSeconds,
        "must be greater than or equal to 0"
      )
    )
  // Without a cause there are containers, and all of them have names.
  return causes.length === 0 ? Result.succeed(spec as ValidPodSpec) : Result.fail(invalid(name, causes))
}
