/**
 * The shell script of an exec that only reads main's log from the volume, beside whatever session
 * drives the pod. Pure text and its arguments; its records are among those of `SessionRecord.ts`.
 */
import type { VolumeOffsets } from "./SessionPlan.ts"
import { OTHER_POD_EXIT } from "./SessionScript.ts"

/** How often the reader of a log that is followed sends a line, by which the script knows that it is there. */
export const SIGN_OF_LIFE = "10 seconds"

/** Turns of 20 ms without a sign of life, 45 s and more, after which the script ends. */
const SILENT_TURNS = 2250

/*
 * Why it looks as it does, where `SessionScript.ts` does not say so already:
 * - It writes nothing to the volume and starts nothing that a driver's session could meet.
 * - A runtime ends no exec whose client is gone, and one that follows a silent log never learns of
 *   it by writing. So the client sends lines, a process of its own reads them, and each begins the
 *   count anew. The end of stdin, where a runtime reports it, ends the count.
 * - The driver deletes the pod within a tenth of a second of `exit`, so the script looks for that
 *   every 20 ms, without a process but `sleep`; lines are read each fifth time.
 * - The lengths are taken after `exit` was looked for: with a code they are the log's last.
 * - No signal of the client's may interrupt the last `wait`, or the record would come amid the log.
 * - A process that is just being started still has its parent's traps, so only KILL surely ends it.
 */
const script = String.raw`R=$1/run N=$2 L=$3 A=$4 B=$5 U=$6
[ "${"$"}{PODWRIGHT_POD_UID-$U}" = $U ] || exit ${OTHER_POD_EXIT}
exec 5>&2 6<&0 2>/dev/null
say() { printf "\036%s %s\n" "$N" "$1"; }
runs() { [ "$1" ] && kill -0 $1; }
n=0 t=0 o= q= h=
turn() {
  n=$((n + 1)) t=$(((t + 1) % 5))
  [ $n -lt ${SILENT_TURNS} ] || { kill -9 $h $o $q; exit 1; }
  sleep 0.02
}
if [ $L = follow ]; then
  trap 'n=0' USR1
  trap 'n=${SILENT_TURNS}' TERM
  (trap - USR1 TERM; while read -r a; do kill -USR1 $$ || exit; done; kill $$) <&6 >&2 5>&2 & h=$!
fi
until [ -e $R/stdout ] && [ -e $R/stderr ]; do
  [ $L = follow ] || { say "exit none 0 0"; exit 0; }
  turn
done
say log
exec 3<$R/stdout 4<$R/stderr
[ $A = 0 ] || dd bs=1 skip=$A count=0 status=none <&3
[ $B = 0 ] || dd bs=1 skip=$B count=0 status=none <&4
while [ $L = follow ] && ! [ -e $R/exit ]; do
  if [ $t = 0 ]; then
    runs $o || { cat <&3 & o=$!; }
    runs $q || { cat <&4 >&5 & q=$!; }
  fi
  turn
done
trap '' USR1 TERM
[ -z "$h" ] || kill -9 $h
wait
e=none
[ -e $R/exit ] && read -r e <$R/exit
set -- $(stat -c %s $R/stdout $R/stderr)
cat <&4 >&5 & cat <&3
wait
say "exit $e $1 $2"`

/** What one reading of a log is told. */
export interface VolumeLogPlan {
  /** As in `SessionPlan`. */
  readonly volumeRoot: string
  readonly podUid: string
  /** Until main's exit file appears; else what there is now. */
  readonly follow: boolean
  /** The bytes before are not read. */
  readonly from: VolumeOffsets
}

/**
 * The argv of one reading: `sh -c SCRIPT podwright ROOT NONCE MODE STDOUT STDERR UID`. The nonce is
 * as in `sessionCommand`.
 */
export const volumeLogCommand = (plan: VolumeLogPlan, nonce: string): ReadonlyArray<string> => [
  "sh",
  "-c",
  script,
  "podwright",
  plan.volumeRoot,
  nonce,
  plan.follow ? "follow" : "now",
  String(plan.from.stdout),
  String(plan.from.stderr),
  plan.podUid
]
