/**
 * The shell scripts that make namespaces and roots, and the command lines around them. Text only;
 * they must run under dash, bash and busybox ash alike, and use nothing but util-linux and
 * coreutils.
 *
 * Three folders exist only inside: `/.cluster` is the cluster's state folder (a container's root is
 * a folder below it), and `/.machine` is the machine's own /proc, which tells a process its id
 * outside.
 */
import type { ContainerRoot } from "./ContainerRoot.ts"
import { fstabField, type MachineRoot, type MountedPath } from "./MachineRoot.ts"

/** Quotes a word for a POSIX shell. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** What containers are started with later on; that one is missing is to be known at once. */
const TOOLS = ["env", "mkfifo", "mount", "nsenter", "setpriv"]

const DEVICES = ["null", "zero", "full", "random", "urandom", "tty"]

/**
 * `sh -c HOLDER sh SETUP STATE`: prints the id of a process in a new user namespace, waits for the
 * word `go` (its ids are mapped by then), and becomes process 1 of the namespaces. However that
 * ends, the state folder goes with it.
 *
 * The ids are mapped from outside because util-linux 2.38 maps a range only by the help of
 * newuidmap, which not everybody has. The `exec` after it is what gains the namespace's
 * capabilities.
 */
export const HOLDER_SCRIPT = `unshare --user sh -c 'echo $$; read -r go && exec unshare --mount --pid --ipc --fork sh -c "$1"' sh "$1"
rm -rf "$2"`

/** The mounts of the template root: what every container's root is made from. */
export const templateFstab = (state: string, root: MachineRoot): string => {
  const at = (path: string) => fstabField(`${state}/root/${path}`)
  return [
    ...root.folders.map((name) => `${fstabField(`/${name}`)} ${at(name)} none rbind,X-mount.mkdir 0 0`),
    ...DEVICES.map((name) => `/dev/${name} ${at(`dev/${name}`)} none bind 0 0`),
    `proc ${at("proc")} proc defaults 0 0`,
    `/proc ${at(".machine")} none rbind 0 0`,
    `${fstabField(state)} ${at(".cluster")} none bind 0 0`,
    ""
  ].join("\n")
}

/*
 * - A mount that cannot be made read-only stops everything, unless nobody in here can reach it anyway.
 * - Once the old root is gone from the namespace, not even a process that leaves its chroot finds
 *   anything writable.
 * - The last part: `cat` ends when the pipe from the cluster process does, however that process
 *   ended. `wait` meanwhile reaps what lost its parent. When process 1 ends, the kernel kills
 *   whatever `kill` has left in this namespace or below.
 */
/**
 * `sh -c SETUP` as process 1 of the namespaces: makes the template root, prints its own id outside,
 * waits for the end.
 */
export const setupScript = (state: string, root: MachineRoot, readOnly: ReadonlyArray<MountedPath>): string => {
  const remounts = readOnly.map(({ options, path }) => {
    const target = quote(`${state}/root${path}`)
    return `mount -o ${["remount", "bind", "ro", ...options].join(",")} none ${target} || [ ! -e ${target} ]`
  })
  return `set -e
for tool in ${TOOLS.join(" ")}; do command -v $tool >/dev/null || { echo "$tool: not found" >&2; exit 1; }; done
mount -t tmpfs -o mode=755 tmpfs ${quote(`${state}/root`)}
cd ${quote(`${state}/root`)}
mkdir dev dev/shm proc .machine .cluster
for device in termination-log ${DEVICES.join(" ")}; do : >dev/$device; done
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
${root.links.map(([name, target]) => `ln -s ${quote(target)} ${quote(name)}`).join("\n")}
mount --all --fstab ${quote(`${state}/template.fstab`)}
${remounts.join("\n")}
mount -o remount,ro none ${quote(`${state}/root`)}
pivot_root . .
umount -l .
cd /
read -r pid rest <.machine/self/stat
echo $pid
exec 4<&0
cat <&4 >/dev/null & wait $!
kill -KILL -1 2>/dev/null || :
rm -rf .cluster/*`
}

/**
 * `sh -c PARENT sh COMMAND...` behind `unshare --pid`: its first child is process 1 of the new
 * namespace. The exit code is the child's, 128 + n for a signal; `unshare --fork` of util-linux
 * 2.38 ends with 1 when its child is killed.
 */
const PARENT_SCRIPT = `"$@"; exit $?`

/**
 * `sh -c CONTAINER sh HOSTNAME FSTAB FOLDER FILE SOURCE TARGET PROGRAM...` as process 1 of a
 * container: says its id outside, makes the root (see `ContainerRoot`), goes on as PROGRAM.
 * Descriptor 2 is where it reports to, 3 is the container's stderr.
 *
 * An ordinary user may not write /proc/sys, but may set the name of a host in a namespace of its
 * own.
 */
export const CONTAINER_SCRIPT = `read -r pid rest </.machine/self/stat
echo "pid $pid" >&2
{ echo "$1" >/proc/sys/kernel/hostname; } 2>/dev/null || hostname "$1"
umask 022
mount --all --fstab "$2" || exit 128
[ -z "$3" ] || [ -d "$3" ] || mkdir -p "$3" || exit 128
if [ "$4" ]; then mkdir -p "\${4%/*}" && : >"$4" && mount --bind "$5" "$6" || exit 128; fi
shift 6
exec "$@"`

/**
 * `sh -c LOOKUP sh FOLDER PROGRAM PATH NAME=VALUE... ARGV...` in the container's root, as its user:
 * says `ready` and becomes the program, or says in containerd's words why it can't.
 */
export const LOOKUP_SCRIPT = `cd "$1" || exit 128
program=$2 path=$3
shift 3
umask 022
case $program in
*/*)
  if [ ! -e "$program" ]; then echo "exec: \\"$program\\": stat $program: no such file or directory" >&2; exit 128
  elif [ -d "$program" ] || [ ! -x "$program" ]; then echo "exec: \\"$program\\": permission denied" >&2; exit 128
  fi ;;
*)
  found=
  IFS=:
  set -f
  for folder in $path; do
    if [ -f "\${folder:-.}/$program" ] && [ -x "\${folder:-.}/$program" ]; then found=1; break; fi
  done
  [ "$found" ] || { echo "exec: \\"$program\\": executable file not found in \\$PATH" >&2; exit 128; } ;;
esac
echo ready >&2
exec env -i -- "$@" 2>&3 3>&-`

/** Who a program runs as. */
export interface ProcessUser {
  readonly uid: number
  readonly gid: number
  readonly groups: ReadonlyArray<number>
  /** Names without `CAP_`, lower case. */
  readonly capabilities: ReadonlyArray<string>
  readonly noNewPrivileges: boolean
}

/** A program with all that it starts with. */
export interface ProcessLaunch {
  readonly argv: ReadonlyArray<string>
  readonly env: ReadonlyMap<string, string>
  readonly workingDir: string
  readonly user: ProcessUser
}

const lookup = ({ argv, env, workingDir }: ProcessLaunch): ReadonlyArray<string> => [
  ...["sh", "-c", LOOKUP_SCRIPT, "sh", workingDir, argv[0] ?? "", env.get("PATH") ?? ""],
  ...[...env].map(([name, value]) => `${name}=${value}`),
  ...argv
]

/**
 * Whether a user needs a user namespace of its own: someone who is not root has only one id to
 * give.
 */
const needsNamespace = (user: ProcessUser, byRoot: boolean): boolean => !byRoot && user.uid !== 0

const setpriv = (user: ProcessUser, byRoot: boolean): ReadonlyArray<string> => [
  "setpriv",
  ...[`--reuid=${user.uid}`, `--regid=${byRoot ? user.gid : 0}`],
  !byRoot ? "--keep-groups" : user.groups.length === 0 ? "--clear-groups" : `--groups=${user.groups.join(",")}`,
  `--bounding-set=${["-all", ...user.capabilities.map((name) => `+${name}`)].join(",")}`,
  ...(user.noNewPrivileges ? ["--no-new-privs"] : [])
]

const INTO = ["--preserve-credentials", "--user", "--mount", "--pid", "--ipc"]

/**
 * The command that starts a container: `holder` is process 1 of the sandbox, `root` the container's
 * root as seen inside.
 */
export const containerCommand = (
  holder: number,
  container: ContainerRoot & { readonly hostname: string },
  launch: ProcessLaunch,
  byRoot: boolean
): ReadonlyArray<string> => {
  const { user } = launch
  const enter = needsNamespace(user, byRoot)
    ? ["unshare", "--user", `--map-user=${user.uid}`, `--map-group=${user.gid}`, `--root=${container.root}`]
    : ["unshare", `--root=${container.root}`, ...setpriv(user, byRoot)]
  return [
    ...["nsenter", "--target", String(holder), ...INTO],
    ...["unshare", "--mount", "--pid", "--ipc", "--uts"],
    ...["sh", "-c", PARENT_SCRIPT, "sh"],
    ...[
      "sh",
      "-c",
      CONTAINER_SCRIPT,
      "sh",
      container.hostname,
      container.fstab,
      container.folder,
      ...container.message
    ],
    ...enter,
    ...lookup(launch)
  ]
}

/*
 * A user namespace below the sandbox's own gives no rights over what the sandbox owns: the others
 * are joined first, as the sandbox's root, by the name that the user namespace has as an open
 * descriptor.
 */
/** The command that starts a program in a container whose process 1 is `target`. */
export const execCommand = (
  holder: number,
  target: number,
  launch: ProcessLaunch,
  byRoot: boolean
): ReadonlyArray<string> => {
  const join = ["nsenter", "--target", String(target), "--mount", "--pid", "--ipc", "--uts", "--root", "--wd"]
  if (!needsNamespace(launch.user, byRoot)) {
    return [...join, "--user", "--preserve-credentials", ...setpriv(launch.user, byRoot), ...lookup(launch)]
  }
  return [
    ...["nsenter", "--target", String(holder), "--user", "--preserve-credentials"],
    ...["sh", "-c", `exec 9</proc/${target}/ns/user || exit 128; exec "$@"`, "sh"],
    ...join,
    ...["nsenter", "--user=/proc/self/fd/9", "--preserve-credentials"],
    ...lookup(launch)
  ]
}
