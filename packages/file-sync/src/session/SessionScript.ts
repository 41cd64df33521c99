/**
 * The shell script that one exec runs in a helper container: it receives the input archive, streams
 * main's output, reports main's exit code and sends the output archive, each with a receipt; and
 * the script of the second exec for large inputs. Pure text and its arguments; `SessionRecord.ts`
 * reads the records.
 *
 * The volume is the truth, the exec only a view of it: the script learns everything from files that
 * main's gate or an earlier session renamed into place, so another session can follow one that was
 * cut at any point. `docs/architecture.md` lists these files and who writes each.
 */
import { namePrintf, outputPath } from "../names/ByteName.ts"
import { PIECE_BYTES } from "../pieces/Piece.ts"
import type { SessionPlan } from "./SessionPlan.ts"

/**
 * Marks the start of a record among the bytes of the log. With the random nonce that follows no
 * output of main can be taken for a record. 0x1e is ASCII's record separator, rare enough that
 * nothing is held back for it.
 */
export const RECORD_MARK = "\u001e"

/** The script's exit code in another pod than its own: no shell and no signal uses it. */
export const OTHER_POD_EXIT = 79

/**
 * Receives the pieces of an archive, in both execs of an upload. `next` names the next piece while
 * `$j` bytes remain; `piece` reads it from stdin.
 */
const RECEIVE = `receive() { dd bs=65536 iflag=fullblock,count_bytes count=$1 of=$2 status=none; }
next() {
  s=${PIECE_BYTES}; [ $j -gt $s ] || s=$j
  j=$((j - s)) f=$T.$j z=$T.$j
  [ $Z = none ] || z=$f.gz
}
piece() {
  [ $Z = none ] || read -r s || return 1
  receive $s $z || fail input
  [ "$(stat -c %s $z)" = $s ]
}`

/*
 * Why it looks as it does:
 * - A kubelet is asked for an exec by the pod's name, and runs it in the containers of an earlier
 *   pod while they still run. So the uid is checked before anything is done. Without the variable
 *   the pod is an older podwright's, or has another helper.
 * - `dd` bounds the input by bytes, because a v4 exec cannot signal the end of stdin; `head -c` of
 *   busybox reads byte by byte.
 * - Archives travel in pieces, each digested and passed to tar, or sent, while the next one comes.
 *   A piece that is passed on more slowly than they come holds up the next, so there are two at
 *   most. A fifo whose reader has failed ends `cat`, and so the session.
 * - No record is written while a child of the same shell runs: its end interrupts a write that
 *   waits for the connection, and busybox' `printf` then drops the record (seen in 11 of 320
 *   sessions under load).
 * - Each piece is a file of its own: `cat` of busybox lends a pipe the file's very pages
 *   (sendfile), so overwriting it changes bytes that still wait in the pipe (seen with a pipe
 *   alone; the likely cause of outputs that arrived damaged).
 * - Each piece is digested as a file, and the receipt is the digest of the pieces' digests:
 *   busybox' sha256sum reads 4 KiB at a time, which costs a third more from a fifo than from a
 *   file.
 * - `stat` gives a file's length: busybox' `wc -c` reads all of it, byte by byte (measured: 1.6 to
 *   2.3 s for 256 MiB).
 * - `cat` on an inherited descriptor continues where the last one stopped, so a poll moves only
 *   what is new. Each stream has its own, beside the loop: otherwise a stream at full speed would
 *   never end, and the other would wait for it.
 * - `dd bs=1 skip=N count=0` seeks to where an earlier session ended; `tail -c +N` of busybox reads
 *   everything before that.
 * - Polls are close together for the first third of a second, for commands that end by then; later
 *   every 20 ms while lines flow. When nothing has come for seconds they are 0.3 s apart: with 0.25
 *   s the helper used 0.53 % of a core, including its own check each second.
 * - A poll of an idle log forks nothing but `sleep`: `[ mark -nt file ]` is a builtin and `: >mark`
 *   too. The mark is set before reading, so whatever comes later is not older than it and is read
 *   by the next poll.
 * - Each compressed piece comes after a line with its length; `read` reads no byte beyond that
 *   line, as POSIX requires.
 * - Names travel from find to tar with a NUL between them, because they may hold anything else.
 *   busybox' tar reads no such list, so xargs starts it as often as the names need, each time for
 *   an archive of its own; `$P` is what its shell needs.
 * - Most commands leave nothing to collect: then nothing is packed, which would start ten
 *   processes. A folder that cannot be listed is packed, so that the failure is reported.
 * - tar and find go on after what they may not read, and end with 1 or 2: then their words decide.
 *   If all are about permissions, removed or changed files, too long paths or sockets, the archive
 *   has the others. Any other word fails the session: tar also pads with zeros what a disk cannot
 *   read to the end. busybox does not escape a newline in a name; it is passed on as `//`, which no path has.
 * - An output name that leads through a link is packed as what is there, in an archive of its own,
 *   if that lies in the working or the output folder. What lies elsewhere is not main's: this
 *   container has files of its own. A name that is not UTF-8 comes as a format for printf after `/`.
 * - The C locale makes grep match bytes, alike in every image.
 * - A session ends the processes of the one before it that still wait to write into a cut
 *   connection: a runtime does not close the pipes of an exec whose client is gone. The exec's
 *   shell leads a process group of its own where a runtime started it.
 * - Inputs keep their modes, and the working folder is nobody else's to write, where main is the
 *   helper's user: the owner of what its gate has made tells. Another user finds all of it open,
 *   by the volume's group where that is the pod's own (fsGroup), else to all; its gate waits for
 *   that. The helper has no right to give files away. Before main runs (no gate, or a log that is
 *   read elsewhere) only the init container's word tells that the two are one user.
 * - The shell's own complaints go to a file, never among main's stderr.
 */
const script = String.raw`umask 0
V=$1 R=$1/run N=$2 C=$3 I=$4 L=$5 A=$6 B=$7 O=$8 E=$9
shift 9
Z=$1 U=$2 X=$3
shift 3
[ "${"$"}{PODWRIGHT_POD_UID-$U}" = $U ] || exit ${OTHER_POD_EXIT}
T=$R/.session.$N
[ -d $V/work ] || { umask 22; mkdir -p $V/work || exit 1; umask 0; }
mkdir -p $R $V/output || exit 1
if [ -e $R/session.$C ]; then
  while read -r p; do kill -TERM -$p 2>/dev/null || kill $p 2>/dev/null; done <$R/session.$C
  rm -rf $R/.session.*
fi
echo $$ >$R/session.$C
exec 5>&2 2>$T.error
ring() { [ -p $R/.bell ] && echo 1<>$R/.bell; }
open() {
  w=a
  [ ! -g $V ] || { w=g; chgrp -Rh $(stat -c %g $V) $V/work || fail open; }
  chmod -R $w+rwX $V/work && : >$R/open || fail open
}
runs() { [ "$1" ] && kill -0 $1 2>/dev/null; }
bare() {
  ! [ -L $1 ] && [ -d $1 ] && [ -r $1 ] && [ -x $1 ] || return 1
  for f in $1/* $1/.[!.]* $1/..?*; do [ -e "$f" ] || [ -L "$f" ] || continue; return 1; done
}
linked() {
  q=work r=$1
  while ! [ -L "$q" ]; do
    [ "$r" ] || return 1
    q=$q/${"$"}{r%%/*}
    case $r in */*) r=${"$"}{r#*/} ;; *) r= ;; esac
  done
}
inside() {
  t=$(readlink -f "$1" && echo x) && t=${"$"}{t%??} && [ -e "$t" ] || return 1
  b=$(readlink -f .)
  case $t in "$b"/work | "$b"/work/* | "$b"/output | "$b"/output/*) ;; *) return 1 ;; esac
}
P='say() { printf "\036%s %s\n" "$N" "$1"; }
fail() {
  [ -e $T.words ] && cat $T.words >>$T.error
  say "fail $1 $(tail -c 600 $T.error | tr "\n" " ")"
  exit 1
}
${RECEIVE}
digest() { set -- $(sha256sum <$1); [ "$1" ] && echo $1; }
unread() {
  c=
  while IFS= read -r x; do
    case $x in "tar: "* | "find: "*) [ -z "$c" ] || [ $1 = 0 ] || return 1; c=$x ;; *) c=$c//$x ;; esac
    case $c in
      *": Permission denied" | *": socket ignored" | *": File name too long" | *": No such file or directory" | *": File removed before we read it" | *": file changed as we read it" | *": File shrank by "*" padding with zeros") say "unread $c"; c= ;;
      "tar: "*" previous errors") c= ;;
    esac
  done <$T.words
  [ -z "$c" ] || [ $1 = 0 ] || return 1
  [ $1 = 0 ] || { [ $1 -lt 3 ] && [ -s $T.words ]; }
}
pack() {
  say "archive$y"
  tar -cf - "$@" >$T.a 2>$T.words & t=$!
  exec 9<$T.a
  w= k=0
  while f=$T.$k; receive ${PIECE_BYTES} $f <&9 || fail collect; s=$(stat -c %s $f); [ $s -gt 0 ]; do
    [ -z "$w" ] || wait $w || fail collect
    {
      z=$f; [ $Z = none ] || { z=$f.gz; gzip -1 <$f >$z || exit 1; }
      say "piece $(stat -c %s $z)"
      digest $f >>$T.sums & h=$!
      cat $z || exit 1
      wait $h && rm -f $f $z
    } & w=$!
    k=$((k + 1))
  done
  wait $w && h=$(digest $T.sums) || fail collect
  wait $t; unread $? || fail collect
  exec 9<&-
  say "digest $h"
  rm $f $T.sums $T.words
}'
export N T P Z
eval "$P"
m= p=; [ -z "$E" ] || p="find grep xargs"; [ $Z = none ] || p="$p gzip"
for f in dd tar sha256sum stat tail cat mv rm mkdir rmdir mkfifo sleep $p; do command -v $f >/dev/null || m="$m $f"; done
[ -z "$m" ] || { say "fail probe the helper image lacks$m"; exit 1; }
if [ $I != - ]; then
  if [ -e $R/ready ]; then ring; say present
  else
    if [ $X -gt 1 ]; then
      mkfifo $T.here $T.free || fail input
      exec 6<>$T.free 8<>$T.here
      printf "\n\n" >&6
    fi
    say send
    if [ $I -gt 0 ]; then
      mkdir -m 755 $T.in && mkfifo $T.a || fail input
      tar -xf - -C $T.in <$T.a & t=$!
      exec 7>$T.a
      hand() { { [ $z = $f ] || gzip -d $z; } && digest $f >>$T.sums && cat $f >&7 && rm $f; }
      j=$I w=
      while [ $j -gt 0 ]; do
        next
        piece || exit 1
        [ -z "$w" ] || wait $w || { exec 7>&-; wait; fail unpack; }
        second=; [ $X = 1 ] || [ $j = 0 ] || second=yes
        { hand && { [ -z "$second" ] || { next; read -r a <&8 && hand && echo >&6; }; }; } & w=$!
        [ -z "$second" ] || next
      done
      wait $w; w=$?
      exec 7>&-
      wait $t && [ $w = 0 ] || fail unpack
      h=$(digest $T.sums) || fail input
      say "received $I $h"
      read -r a && [ "$a" = accept ] || exit 1
      if rmdir $V/work; then mv $T.in $V/work
      else { tar -cf - -C $T.in . || : >$T.bad; } | tar -xf - -C $V/work && ! [ -e $T.bad ]; fi || fail place
    fi
    [ $L != none ] || [ -e $R/.same ] || [ -O $R/stdout ] || open
    : >$R/ready
    ring
    say ready
    [ $I -gt 0 ] && rm -rf $T.a $T.sums $T.in $T.here $T.free
  fi
fi
if [ $L != none ]; then
  n=0
  until [ -e $R/stdout ] && [ -e $R/stderr ]; do
    [ $L = final ] && break
    n=$((n + 1)); if [ $n -lt 200 ]; then sleep 0.01; else sleep 0.1; fi
  done
  if [ -e $R/stdout ] && [ -e $R/stderr ]; then
    [ -e $R/open ] || [ -O $R/stdout ] || { open; ring; }
    say log
    exec 3<$R/stdout 4<$R/stderr
    [ $A -gt 0 ] && dd bs=1 skip=$A count=0 status=none <&3
    [ $B -gt 0 ] && dd bs=1 skip=$B count=0 status=none <&4
    n=-30 o= q=
    while [ $L = follow ] && ! [ -e $R/exit ]; do
      n=$((n + 1))
      if ! [ $T.out -nt $R/stdout ] && ! runs $o; then [ $n -gt 0 ] && n=0; : >$T.out; cat <&3 & o=$!; fi
      if ! [ $T.err -nt $R/stderr ] && ! runs $q; then [ $n -gt 0 ] && n=0; : >$T.err; cat <&4 >&5 & q=$!; fi
      if [ $n -lt 0 ]; then sleep 0.01; elif [ $n -lt 50 ]; then sleep 0.02; elif [ $n -lt 100 ]; then sleep 0.1; else sleep 0.3; fi
    done
    wait
    cat <&4 >&5 & cat <&3; wait
    if [ -e $R/exit ]; then read -r e <$R/exit; else e=none; fi
    set -- $(stat -c %s $R/stdout $R/stderr) "$@"
    e="$e $1 $2"; shift 2
    say "exit $e"
  else say "exit none 0 0"; fi
fi
if [ $O != keep ]; then
  cd $V || fail collect
  k=$# i=0 l= y=
  while [ $i -lt $k ]; do
    p=$1; shift
    case $p in /*) p=$(printf "${"$"}{p#/}x"); p=${"$"}{p%x} ;; esac
    if [ $O = all ] || ! linked "$p"; then
      if [ -e "work/$p" ] || [ -L "work/$p" ]; then set -- "$@" "work/$p"; else say "missing $i"; fi
    elif inside "work/$p"; then eval "l$i=\$t"; l="$l $i"
    else
      set -- "$@" "$q"
      [ "$q" = "work/$p" ] || say "missing $i"
    fi
    i=$((i + 1))
  done
  [ $O = all ] && set -- work
  if [ "$E" ] || [ "$l" ] || [ $# -gt 0 ] || ! bare output; then
    mkfifo $T.a || fail collect
    pack output "$@"
    for i in $l; do
      eval "t=\$l$i"
      y=" $i"
      pack -C "${"$"}{t%/*}" "./${"$"}{t##*/}"
      y=
    done
    if [ "$E" ] && [ $O != all ]; then
      find work ! -type d -print0 >$T.all 2>$T.words; unread $? || fail collect
      LC_ALL=C grep -zxE "$(printf "$E")" <$T.all >$T.list
      [ $? -lt 2 ] || fail match
      if [ -s $T.list ]; then xargs -0 sh -c 'eval "$P"; pack "$@"' pack <$T.list || fail collect; fi
    fi
  fi
fi
say end
read -r a && case $a in sent | done) : >$R/$a ;; esac
exit 0`

/*
 * The second exec of a large upload, see `SessionPlan.streams`. It receives every other piece,
 * reports each through one fifo, and learns through another that there is space for one more, so
 * that it is at most two ahead. It records its process for the next session as the first one does,
 * and only then checks that the fifos still exist: one that comes late must not stay.
 */
const secondScript = `umask 0
R=$1/run N=$2 C=$3 I=$4 Z=$5 U=$6
[ "${"$"}{PODWRIGHT_POD_UID-$U}" = $U ] || exit ${OTHER_POD_EXIT}
T=$R/.session.$N
echo $$ >>$R/session.$C
[ -p $T.free ] && exec 6<$T.free 8>$T.here || exit 1
fail() { exit 1; }
${RECEIVE}
j=$I
next
while [ $j -gt 0 ]; do
  next
  read -r a <&6 && piece && echo >&8 || exit 1
  [ $j = 0 ] || next
done
exit 0`

/**
 * The argv of a large upload's second exec: `sh -c SCRIPT podwright ROOT NONCE CONTAINER INPUT
 * COMPRESSION UID`.
 */
export const secondCommand = (plan: SessionPlan, nonce: string): ReadonlyArray<string> => [
  "sh",
  "-c",
  secondScript,
  "podwright",
  plan.volumeRoot,
  nonce,
  plan.container,
  String(plan.inputBytes ?? 0),
  plan.compression,
  plan.podUid
]

/**
 * The argv of one session: `sh -c SCRIPT podwright ROOT NONCE CONTAINER INPUT LOG STDOUT STDERR
 * OUTPUT EXPRESSION COMPRESSION UID STREAMS NAME...`.
 *
 * `nonce` must be fresh for every attempt (it names the attempt's staging files) and unguessable by
 * main.
 */
export const sessionCommand = (plan: SessionPlan, nonce: string): ReadonlyArray<string> => [
  "sh",
  "-c",
  script,
  "podwright",
  plan.volumeRoot,
  nonce,
  plan.container,
  plan.inputBytes === undefined ? "-" : String(plan.inputBytes),
  plan.log,
  String(plan.cursor.stdout),
  String(plan.cursor.stderr),
  plan.outputs === undefined ? "keep" : plan.outputs.workingFolder ? "all" : "collect",
  plan.outputs?.expression ?? "",
  plan.compression,
  plan.podUid,
  String(plan.streams),
  ...(plan.outputs?.names ?? []).map((name) => (typeof outputPath(name) === "string" ? name : `/${namePrintf(name)}`))
]
