/**
 * What one namespace's watch knows and who wants to hear of it: the pods by name, and the mailboxes
 * of their followers. In memory only; changes come from `PodReflector`.
 */
import type { KubeError } from "../error/KubeError.ts"
import type { Pod } from "./Pod.ts"
import type { PodMailbox } from "./PodMailbox.ts"
import type { PodChange, WatchChange } from "./PodWatchStep.ts"

/** A board without pods and followers. */
export const makePodBoard = () => {
  const pods = new Map<string, Pod>()
  const mailboxes = new Map<string, Set<PodMailbox>>()
  let listed = false
  let failure: KubeError | undefined
  const tell = (name: string, change: PodChange) => {
    for (const mailbox of mailboxes.get(name) ?? []) mailbox.offer(change)
  }
  return {
    /** Notes changes and passes each on to the followers of its pod. */
    apply: (changes: ReadonlyArray<WatchChange>) => {
      for (const change of changes) {
        const { name } = change.pod.metadata
        if (change._tag === "Present") pods.set(name, change.pod)
        else pods.delete(name)
        tell(name, change)
      }
    },
    /** After the first list: whoever waits for a pod that is not on it learns so. */
    markListed: () => {
      if (listed) return
      listed = true
      for (const name of mailboxes.keys()) if (!pods.has(name)) tell(name, { _tag: "Absent" })
    },
    /** The watch is over for good: every follower fails, also one that comes later. */
    fail: (error: KubeError) => {
      failure = error
      for (const followers of mailboxes.values()) for (const mailbox of followers) mailbox.fail(error)
    },
    /** A new follower, who gets the state of its pod at once where that is known. */
    add: (name: string, mailbox: PodMailbox) => {
      const followers = mailboxes.get(name) ?? new Set()
      mailboxes.set(name, followers.add(mailbox))
      const pod = pods.get(name)
      if (failure !== undefined) mailbox.fail(failure)
      else if (pod !== undefined) mailbox.offer({ _tag: "Present", pod })
      else if (listed) mailbox.offer({ _tag: "Absent" })
    },
    remove: (name: string, mailbox: PodMailbox) => {
      const followers = mailboxes.get(name)
      followers?.delete(mailbox)
      if (followers?.size === 0) mailboxes.delete(name)
    }
  }
}
