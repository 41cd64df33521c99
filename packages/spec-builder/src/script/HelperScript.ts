/**
 * The scripts of the helper containers: they make the volume's folders and stay until the driver is
 * done. Text only, for any POSIX sh. They print nothing: a helper's log is for errors.
 */
import { quote } from "./ShellQuote.ts"

/**
 * `run` and `output` are open to every user, because main may run as any. The working folder is as
 * the inputs in it are: its owner's, until a session opens it to a main of another user.
 */
const makeFolders = (root: string): string => `umask 22
cd ${quote(root)} && mkdir -p work || exit 1
umask 0
mkdir -p run output || exit 1`

/** Looks without a session, a tenth of a second each, until a helper that was told to stop takes none to be coming: 3 s. */
const IDLE_LOOKS = 30

/**
 * The helper beside main (`files`): stays until `run/done` appears; ended before, it does not say
 * that all is well, unless `run/sent` says that the driver has everything. A shell that is process
 * 1 ignores TERM unless it traps it, and a trap waits for a foreground `sleep` to end, hence
 * `wait`. One poll a second costs one short process.
 *
 * A kubelet tells main and helper to stop at once. What main prints and writes after that is for a
 * session here to collect, so the helper stays until the driver has it, or until main has ended and
 * no session is alive: none within IDLE_LOOKS, because a cut session is followed by another. It
 * ends at once where main has not begun. Inputs that are there when it starts are those of the init
 * shape, where main has no gate, and its end shows nowhere in the volume. `container` is the name
 * under which sessions leave their processes.
 *
 * It makes the bell that main's gate waits at (`GateScript.ts`), and rings it too, should who made
 * `run/ready` have died before ringing. What is written to a fifo that nobody holds is gone.
 */
export const helperScript = (root: string, container: string): string => `t= n=0 b=run/stdout
[ -e ${quote(root)}/run/ready ] && b=run/ready
trap 't=1; kill $! 2>/dev/null' TERM INT
${makeFolders(root)}
mkfifo run/.bell 2>/dev/null
alive() { while read -r p; do kill -0 $p && return 0; done <run/session.${container}; return 1; } 2>/dev/null
until [ -e run/done ]; do
  if [ "$t" ]; then
    [ -e run/sent ] && exit 0
    [ -e run/ready ] && [ -e $b ] || exit 143
    if [ -e run/exit ] && ! alive; then n=$((n + 1)); else n=0; fi
    [ $n -lt ${IDLE_LOOKS} ] || exit 143
    sleep 0.1 2>/dev/null || sleep 1
  else sleep 1 & wait $!; fi
  if [ -e run/ready ] && [ -p run/.bell ]; then echo 1<>run/.bell; fi
done
exit 0`

/**
 * The init container of the init shape (`files-in`): ends when `run/ready` appears, and main
 * starts. Ended early it must not look like success, or main would start without its input.
 * `mainUser` is the user that main is known to run as: where this container is the same, inputs
 * keep their modes.
 */
export const inputScript = (root: string, mainUser?: number): string => `trap 'exit 143' TERM INT
${makeFolders(root)}${mainUser === undefined ? "" : `\n[ "$(id -u)" != ${mainUser} ] || : >run/.same`}
until [ -e run/ready ]; do sleep 0.05 2>/dev/null || sleep 1; done`
