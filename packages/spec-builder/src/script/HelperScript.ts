/**
 * The scripts of the helper containers: they make the volume's folders and stay until the driver is
 * done. Text only, for any POSIX sh. They print nothing: a helper's log is for errors.
 */
import { quote } from "./ShellQuote.ts"

/** Open to every user, because main may run as any. */
const makeFolders = (root: string): string => `umask 0
cd ${quote(root)} && mkdir -p run work output || exit 1`

/**
 * The helper beside main (`files`): stays until `run/done` appears; ended before, it does not say
 * that all is well, unless `run/sent` says that the driver has everything. A shell that is process
 * 1 ignores TERM unless it traps it, and a trap waits for a foreground `sleep` to end, hence
 * `wait`. One poll a second costs one short process.
 *
 * It makes the bell that main's gate waits at (`GateScript.ts`), and rings it too, should who made
 * `run/ready` have died before ringing. What is written to a fifo that nobody holds is gone.
 */
export const helperScript = (
  root: string
): string => `trap 'kill $! 2>/dev/null; [ -e run/done ] || [ -e run/sent ] && exit 0; exit 143' TERM INT
${makeFolders(root)}
mkfifo run/.bell 2>/dev/null
until [ -e run/done ]; do sleep 1 & wait $!; if [ -e run/ready ] && [ -p run/.bell ]; then echo 1<>run/.bell; fi; done`

/**
 * The init container of the init shape (`files-in`): ends when `run/ready` appears, and main
 * starts. Ended early it must not look like success, or main would start without its input.
 */
export const inputScript = (root: string): string => `trap 'exit 143' TERM INT
${makeFolders(root)}
until [ -e run/ready ]; do sleep 0.05 2>/dev/null || sleep 1; done`
