import { assert, describe, it } from "@effect/vitest"
import { helperSecurity, helperUser, mainSecurity } from "../../src/pod/ContainerSecurity.ts"
import type { JsonObject } from "../../src/values/Json.ts"

const layer = (securityContext: JsonObject) => [{ path: ["containerSpec"], value: { securityContext } }]
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" }
}
const { allowPrivilegeEscalation: _, ...ESCALATING } = RESTRICTED
const { seccompProfile: __, ...WITHOUT_PROFILE } = RESTRICTED

describe("main's security context", () => {
  const rows: ReadonlyArray<readonly [string, JsonObject, JsonObject, JsonObject | undefined]> = [
    ["no security context", {}, {}, undefined],
    ["a user without runAsNonRoot", { runAsUser: 1000 }, {}, undefined],
    ["not root", { runAsNonRoot: true, runAsUser: 1000 }, {}, RESTRICTED],
    ["not root by its pod's context", {}, { runAsNonRoot: true }, RESTRICTED],
    [
      "not root by its pod's context, but root allowed by its own",
      { runAsNonRoot: false },
      { runAsNonRoot: true },
      undefined
    ],
    ["a profile of the pod", { runAsNonRoot: true }, { seccompProfile: { type: "Unconfined" } }, WITHOUT_PROFILE],
    ["privileged", { runAsNonRoot: true, privileged: true }, {}, ESCALATING],
    ["SYS_ADMIN", { runAsNonRoot: true, capabilities: { add: ["CAP_SYS_ADMIN"] } }, {}, ESCALATING]
  ]
  for (const [name, context, pod, expected] of rows) {
    it(name, () => {
      const found = mainSecurity(layer(context), { securityContext: pod })
      assert.deepStrictEqual(JSON.parse(JSON.stringify(found)).securityContext, expected)
    })
  }
})

describe("a helper's security context", () => {
  it("has the least rights, and lets go only of what the API refuses beside the user's own", () => {
    assert.deepStrictEqual(helperSecurity([], { runAsUser: 5 }), {
      securityContext: { ...RESTRICTED, readOnlyRootFilesystem: true, runAsUser: 5 }
    })
    assert.deepStrictEqual(helperSecurity(layer({ privileged: true }), {}), {
      securityContext: { ...ESCALATING, readOnlyRootFilesystem: true }
    })
  })

  const users: ReadonlyArray<readonly [string, JsonObject, JsonObject, JsonObject]> = [
    ["neither main nor the pod names a user", {}, {}, {}],
    ["main is root", { runAsUser: 0 }, {}, {}],
    [
      "main is root in a pod that is not",
      { runAsUser: 0 },
      { runAsNonRoot: true },
      { runAsNonRoot: false, runAsUser: 0 }
    ],
    ["main is root in a pod of a user", { runAsUser: 0 }, { runAsUser: 7 }, { runAsNonRoot: false, runAsUser: 0 }],
    ["main is a user", { runAsUser: 7, runAsGroup: 8 }, {}, { runAsNonRoot: true, runAsUser: 7, runAsGroup: 8 }],
    ["the pod is not root", {}, { runAsNonRoot: true }, { runAsNonRoot: true, runAsUser: 65_534 }]
  ]
  for (const [name, main, pod, expected] of users) {
    it(`its user when ${name}`, () => {
      assert.deepStrictEqual(helperUser({ securityContext: main }, { securityContext: pod }), expected)
    })
  }
})
