/**
 * The script around main's command in the gate shape: waits for the input, runs the command, keeps
 * its output and its exit code on the volume. Text only; it must run under dash, bash and busybox
 * ash alike. `docs/architecture.md` lists the files in `run/` that it waits for and writes. Both
 * logs exist before the command starts.
 */
import { quote } from "./ShellQuote.ts"

/*
 * Why it looks as it does:
 * - Every name starts with pw_: a shell exports a variable that the task's env also has, and would
 *   export it with the gate's value.
 * - Only `cat` writes the files. What they hold is then passed on to the container's own stdout and
 *   stderr: `tee` would hold the command up while the runtime stamps each line, and no reader of
 *   ours needs it.
 * - A command may signal all processes of its container (`kill -1`, `pkill cat`, `kill 0`), and loses
 *   no output by it: the cats and the process that passes output on are deaf to every signal that
 *   scripts send and processes can ignore, hence `kill -9` for them. They become so in subshells of
 *   their own, because a command inherits what the gate ignores, and shells cannot trap that again.
 * - A cat that was killed by KILL is started again, at the end at the latest, and meanwhile the
 *   descriptors 3 and 4 keep what is in the pipes. Only what it had read and not yet written is lost.
 *   The process that passes output on looks for that, and USR2 ends the gate's `wait` (140). A cat that
 *   ended otherwise could not write; then 3 or 4 is closed and the command gets SIGPIPE. The gate opens
 *   the pipe for a cat, since a cat that opens it late would wait for a command that has ended.
 * - Nobody else may hold 3 and 4, or the cats never see the end. A shell that closes them for a
 *   function keeps copies, so pw_pass closes them itself.
 * - The process that passes output on looks every half second, and forks only `sleep` for that.
 *   USR1 makes it look at once and, when `exit` exists, for the last time. Once .passed exists, its
 *   trap is set. It may be killed, even before it is deaf, so the gate holds what it reads (7, 8),
 *   and another one continues there.
 * - Whatever needs a process of its own before the command (mkfifo, cat) is started before `ready`
 *   is seen, so it costs no waiting. The process that only passes output on starts after the
 *   command.
 * - `read` waits for the bell without a process, for any time. A poll of 20 ms takes a hundredth of
 *   a core, and 300 pods that wait on one node take all of it (two cores could do 2,200 starts of
 *   `sleep` a second). The fifo is opened for reading and writing, which never waits for the other
 *   side, and opened before `ready` is looked for: whoever makes `ready` first and rings then is
 *   either heard or seen. The gate polls where there is no fifo, or where it cannot be read.
 * - Inputs are open to their owner alone where their modes say so. The owner of run/ is the helper's
 *   user; another user waits for `open`, by when the session has opened them to it.
 * - Not every runtime shares a fifo between containers (sandboxes do not), so the gate rings its own
 *   copy every ALARM_SECONDS. Of the alarm there remains one `sleep`, which ends by itself, away
 *   from the command's output.
 * - 170 turns of 10 ms are about 2 s, 560 more of 50 ms about 30 s, with the millisecond or two that
 *   a sleep itself costs.
 * - The command's output is a pipe where it can be one, because `> /dev/stdout` would truncate a
 *   file.
 * - `exec` in a subshell makes $pw_command the command itself, so a signal reaches it. `trap -`
 *   undoes the ignoring of signals that POSIX demands in background commands, in the shells that
 *   allow it. As not all do, INT and QUIT are passed on as TERM.
 * - To stop means TERM for the command and, where that is a shell, for what the shell runs, through
 *   any number of shells: one that runs commands in turn hears of TERM only after the one it waits
 *   for. Other programs know what their children need. A shell with a trap gets TERM too, and its
 *   trap runs as soon as the command it waits for has ended; that one hears TERM twice if the trap
 *   passes it on, as after Ctrl-C in a terminal. The shell is halted while its children are looked
 *   for, since it could start another one meanwhile, and gets TERM before them, or it would start
 *   the next command.
 * - Images have no `ps`: /proc/PID/stat names parent, state and program. A script that starts with #!
 *   has its own name there, so its program counts, except where that is busybox under an applet's
 *   name; busybox that starts its own applets is `exe`, and its first word counts. `return` in a trap gives the status from before the trap, if it is given none.
 * - What was stopped may outlive its shell, and the gate waits for that too ($pw_left); a kubelet
 *   ends it all when the grace period is over.
 * - The trap is set before the command starts: $pw_asked remembers a signal that comes before the
 *   process id is known, or while the gate looks at processes ($pw_busy). Shells run a trap within a
 *   trap, and all variables are shared.
 * - A trap interrupts `wait`, which then says nothing about the command: $pw_again makes it wait once
 *   more. A second wait for a command that was reaped before says 127, so 127 does not replace a
 *   status that is known.
 * - A remaining process keeps the pipe open, so the cats get DRAIN_SECONDS to see its end.
 * - The shell would report "Killed" and "Terminated" amid the command's own output, so the
 *   shell's stderr goes nowhere from there on.
 * - The owner of run/ is the helper's user, who can read its own files, except those of a mode
 *   without its own permission; everything else may need permission to be read. A folder gets it
 *   before find looks into it. This holds for a main that is root, too: it creates files of any owner
 *   (`tar x`, `chown`), and the helper's root lacks the capability to read those. `find` reaches
 *   what lies in the helper's folders; busybox' `chmod -R` stops at the first folder it may not
 *   change.
 */

/**
 * How long the gate waits for the rest of the output once the command has ended and something still
 * holds the pipe open.
 */
export const DRAIN_SECONDS = 2

/**
 * How long the gate continues to pass output to the container's own stdout and stderr once `exit` is
 * there: what a runtime takes in a few seconds is seen by `kubectl logs`, and the container's end,
 * which a failed run waits for, is not put off further.
 */
export const PASS_SECONDS = 5

/**
 * How often the gate looks for `ready` without being rung: two starts of a process each, so that
 * 1,000 pods that wait cost a node of two cores less than a fifth of what it can start, and a pod
 * whose containers share no fifo starts this much later.
 */
export const ALARM_SECONDS = 5

/**
 * The script for the volume at `root` (in pods `/podwright`); run it as
 * `sh -c SCRIPT NAME ARGV...`.
 */
export const gateScript = (
  root: string
): string => `pw_root=${quote(root)} pw_run=$pw_root/run pw_turn=0 pw_cat1= pw_cat2= pw_passing= pw_alarm= pw_command= pw_code= pw_again= pw_left= pw_asked= pw_busy=1
trap 'kill -9 $pw_cat1 $pw_cat2 $pw_alarm 2>/dev/null; exit 143' TERM INT QUIT
pw_nap() {
  pw_turn=$((pw_turn + 1))
  if [ $pw_turn -le 170 ]; then pw_pause=0.01; elif [ $pw_turn -le 730 ]; then pw_pause=0.05; else pw_pause=0.2; fi
  sleep $pw_pause 2>/dev/null || sleep 1
}
pw_deaf() { trap '' HUP INT QUIT ALRM TERM USR1 USR2 PIPE; }
pw_keep() { { (pw_deaf; exec cat <&5 >>"$pw_run/std$1" 3>&- 4>&- 5<&- 9>&-) & } 5<"$pw_run/.$1"; }
pw_pass() {
  pw_deaf; pw_last= pw_seen=; trap '[ -e "$pw_run/exit" ] && pw_last=1' USR1; exec 3>&- 4>&-
  until [ "$pw_seen" ]; do
    pw_seen=$pw_last; pw_lives $pw_cat1 && pw_lives $pw_cat2 || kill -USR2 $$
    if [ "$pw_seen" ] || ! [ "$pw_run/.passed" -nt "$pw_run/stdout" ] || ! [ "$pw_run/.passed" -nt "$pw_run/stderr" ]; then
      : >"$pw_run/.passed"; cat <&7; cat <&8 >&9
    fi
    [ "$pw_last" ] || { sleep 0.5 & wait $!; }
  done
}
pw_set() { [ -e "$pw_run/ready" ] && { [ -O "$pw_run" ] || [ -e "$pw_run/open" ]; }; }; pw_listen() {
  pw_set && return; (trap - TERM INT QUIT; sleep ${ALARM_SECONDS}; echo) >&6 3>&- 4>&- & pw_alarm=$!
  read -r pw_rung <&6; pw_status=$?; kill $pw_alarm; return $pw_status
}
pw_stat() {
  read -r pw_line <"/proc/$1/stat" || return 1
  pw_name=\${pw_line#*\\(} pw_name=\${pw_name%\\)*}; set -- \${pw_line##*\\) }; pw_state=$1 pw_parent=$2
}
pw_lives() { kill -0 $1 && { ! pw_stat $1 || [ "$pw_state" != Z ]; }; }
pw_shell() {
  pw_stat $1; case $pw_name in sh|bash|dash|ash|ksh|mksh|zsh|busybox) return 0 ;;
    exe) read -r pw_line <"/proc/$1/cmdline"; case $pw_line in sh*|ash*) return 0 ;; esac; return 1 ;; esac
  for pw_exe in /proc/$$/exe /bin/sh /bin/bash; do
    pw_path=$(command -v "$pw_name"); [ "$pw_path" = "$pw_name" ] || [ "$pw_path" -ef $pw_exe ] || ! [ "/proc/$1/exe" -ef $pw_exe ] || return 0
  done; return 1
}
pw_stop() {
  pw_busy=1
  while [ "$pw_asked" ]; do
    pw_asked=; if pw_lives $pw_command; then set -- $pw_command; else set -- $pw_left; fi; pw_left=
    while [ "$1" ]; do
      pw_left="$pw_left $1"
      if pw_shell $1; then
        kill -STOP $1
        for pw_proc in /proc/[0-9]*; do pw_stat \${pw_proc#/proc/} && [ "$pw_parent" = $1 ] && set -- "$@" \${pw_proc#/proc/}; done
      fi
      kill $1; kill -CONT $1; shift
    done
  done; pw_busy=
}
pw_cats() {
  pw_lives $pw_cat1 || { wait $pw_cat1; if [ $? = 137 ]; then pw_keep out; pw_cat1=$!; else exec 3>&-; fi; }
  pw_lives $pw_cat2 || { wait $pw_cat2; if [ $? = 137 ]; then pw_keep err; pw_cat2=$!; else exec 4>&-; fi; }
}
until [ -d "$pw_run" ]; do pw_nap; done
pw_out=$pw_run/stdout pw_err=$pw_run/stderr
: >"$pw_out" && : >"$pw_err" || exit 125
if command -v cat >/dev/null && mkfifo "$pw_run/.out" "$pw_run/.err" 2>/dev/null; then
  pw_out=$pw_run/.out pw_err=$pw_run/.err
  exec 3<>"$pw_out" 4<>"$pw_err" 7<"$pw_run/stdout" 8<"$pw_run/stderr"
  pw_keep out; pw_cat1=$!; pw_keep err; pw_cat2=$!
fi
until pw_set; do
  { [ -p "$pw_run/.bell" ] && pw_listen 6<>"$pw_run/.bell"; } 2>/dev/null || pw_nap
done
cd "$pw_root/work" || { kill -9 $pw_cat1 $pw_cat2 2>/dev/null; exit 125; }
exec 9>&2 2>/dev/null
trap 'pw_again=1 pw_asked=1; [ "$pw_busy" ] || pw_stop' TERM INT QUIT
trap 'pw_again=1' USR2
(trap - TERM INT QUIT; exec "$@") </dev/null >>"$pw_out" 2>>"$pw_err" 3>&- 4>&- 7<&- 8<&- 9>&- & pw_command=$!
[ "$pw_cat1" ] && { pw_pass & pw_passing=$!; }
pw_again=1
while [ "$pw_again" ]; do
  pw_busy=1; [ "$pw_cat1" ] && pw_cats; pw_busy=; [ "$pw_asked" ] && pw_stop
  pw_again=; wait $pw_command; pw_status=$?
  [ "$pw_again$pw_status" = 1140 ] || { [ "$pw_code" ] && [ $pw_status = 127 ]; } || pw_code=$pw_status
done
for pw_each in $pw_left; do while pw_lives $pw_each; do sleep 0.05 || sleep 1; done; done
if [ "$pw_cat1" ]; then
  pw_cats; exec 3>&- 4>&-
  trap : TERM INT QUIT; trap '' USR2
  (sleep ${DRAIN_SECONDS}; kill -9 $pw_cat1 $pw_cat2) >/dev/null 9>&- & pw_watch=$!
  for pw_each in $pw_cat1 $pw_cat2; do while pw_lives $pw_each; do wait $pw_each; done; done
  kill $pw_watch
fi
pw_foreign=; [ -O "$pw_run" ] && pw_foreign="( ! -user $(id -u) -o ! -perm -400 )"
if command -v find; then find "$pw_root/work" "$pw_root/output" -type d ! -perm -500 -exec chmod a+rX {} \\; -o ! -type l $pw_foreign -exec chmod a+rX {} +
elif [ -z "$pw_foreign" ]; then chmod -R a+rX "$pw_root/work" "$pw_root/output"; fi >/dev/null
echo $pw_code 2>&9 >"$pw_run/.exit" && { mv "$pw_run/.exit" "$pw_run/exit" || echo $pw_code >"$pw_run/exit"; }
if [ "$pw_passing" ]; then
  trap 'kill -9 $pw_passing; exit $pw_code' TERM INT QUIT
  pw_lives $pw_passing || { pw_pass & pw_passing=$!; }
  while ! [ -e "$pw_run/.passed" ] && kill -0 $pw_passing; do sleep 0.01; done
  (sleep ${PASS_SECONDS}; kill -9 $pw_passing) >/dev/null 9>&- & pw_watch=$!
  kill -USR1 $pw_passing; wait $pw_passing; kill $pw_watch
fi
exit $pw_code`
