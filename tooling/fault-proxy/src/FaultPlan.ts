/**
 * Which fault befalls which request: the first rule of the script that matches decides, and where
 * none does, chance. Pure: a plan and what it has seen in, a decision and what it has seen now out.
 */
import { Schema } from "effect"
import { API_VERBS, type ApiCall, type ApiVerb } from "./ApiVerb.ts"
import { Fault } from "./Fault.ts"
import { Chance, drawFault } from "./SeededChance.ts"

const Positive = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))

/**
 * One rule of a script: which requests it matches, which of the matches it applies to, and the
 * fault.
 */
export const FaultRule = Schema.Struct({
  verb: Schema.optionalKey(Schema.Literals(API_VERBS)),
  method: Schema.optionalKey(Schema.String),
  /** A regular expression that matches a part of the path. */
  path: Schema.optionalKey(Schema.String),
  /** Only the n-th match, counted from 1; by default all. */
  nth: Schema.optionalKey(Positive),
  /** Only this many matches, from `nth` or the first on; 1 by default with `nth`. */
  times: Schema.optionalKey(Positive),
  fault: Fault
})

export type FaultRule = typeof FaultRule.Type

/** A script, or chance, or both; the rules of the script go first. */
export const FaultPlan = Schema.Struct({
  script: Schema.optionalKey(Schema.Array(FaultRule)),
  chance: Schema.optionalKey(Chance)
})

export type FaultPlan = typeof FaultPlan.Type

/** What a plan has seen. */
export interface PlanState {
  /** Matches so far of each rule. */
  readonly matches: ReadonlyArray<number>
  /** Requests so far of each verb. */
  readonly seen: Readonly<Partial<Record<ApiVerb, number>>>
}

export const initialPlanState: PlanState = { matches: [], seen: {} }

const isMatch = (rule: FaultRule, call: ApiCall): boolean =>
  (rule.verb === undefined || rule.verb === call.verb) &&
  (rule.method === undefined || rule.method === call.method) &&
  (rule.path === undefined || new RegExp(rule.path).test(call.path))

/** Does a rule mean its `count`-th match? */
const isMeant = ({ nth, times }: FaultRule, count: number): boolean => {
  const first = nth ?? 1
  const last = first + (times ?? (nth === undefined ? Number.POSITIVE_INFINITY : 1)) - 1
  return count >= first && count <= last
}

/** Decides about a request. Every rule that matches counts it, also when an earlier one decides. */
export const decide = (
  plan: FaultPlan,
  seed: number,
  state: PlanState,
  call: ApiCall
): readonly [PlanState, Fault | undefined] => {
  const nth = state.seen[call.verb] ?? 0
  const rules = plan.script ?? []
  const matches = rules.map((rule, index) => (state.matches[index] ?? 0) + (isMatch(rule, call) ? 1 : 0))
  const next: PlanState = { matches, seen: { ...state.seen, [call.verb]: nth + 1 } }
  const scripted = rules.find((rule, index) => isMatch(rule, call) && isMeant(rule, matches[index] ?? 0))
  if (scripted !== undefined) return [next, scripted.fault]
  return [next, plan.chance === undefined ? undefined : drawFault(seed, plan.chance, call, nth)]
}
