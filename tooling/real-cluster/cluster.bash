# What `up`, `down`, `image` and `standard-images` share: the settings, the names made from them, and how they report.
# Sourced, never run. Everything that two clusters on one machine could fight over (ports, bridge, subnet, cgroup,
# sockets, mounts) is derived here from the two settings, so clusters with different settings do not see each other.
#
#   PODWRIGHT_CLUSTER            state folder                      (/tmp/podwright-cluster)
#   PODWRIGHT_CLUSTER_PORT_BASE  first of six neighbouring ports   (26440)
# shellcheck shell=bash
# shellcheck disable=SC2034  # the names are used by the scripts that source this file
set -euo pipefail

source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=$(realpath -m "${PODWRIGHT_CLUSTER:-/tmp/podwright-cluster}")
port_base=${PODWRIGHT_CLUSTER_PORT_BASE:-26440}

say() { echo "[$(date +%T)] $*" >&2; }
fail() {
  say "error: $*"
  exit 1
}

((10#${port_base//[^0-9]/x} >= 1024 && 10#$port_base <= 65530)) 2>/dev/null ||
  fail "PODWRIGHT_CLUSTER_PORT_BASE is a port from 1024 to 65530, not '$port_base'"
# A Unix socket's path holds 107 bytes, and containerd.sock.ttrpc is the longest one here.
[[ $state == /*/* && ${#state} -le 80 && $state != *[[:space:]]* ]] ||
  fail "PODWRIGHT_CLUSTER is a folder of its own, at most 80 characters and without spaces, not '$state'"
((EUID == 0)) || fail "a real Kubernetes needs root"

api_server=127.0.0.1:$port_base
etcd_client=127.0.0.1:$((port_base + 1))
etcd_peer=127.0.0.1:$((port_base + 2))
registry=127.0.0.1:$((port_base + 3))
kubelet_port=$((port_base + 4))
kubelet_health_port=$((port_base + 5))
# 10.64.0.0/16 to 10.191.0.0/16: away from the 10.0, 10.96 and 10.244 networks that other clusters take by default.
pod_subnet=10.$((64 + port_base / 10 % 128)).0.0/16

identity=$(printf %s "$state" | sha256sum | cut -c1-8)
bridge=podwright$((0x$identity % 1000000)) # an interface's name holds 15 bytes
cgroup=podwright-$identity
containerd_socket=$state/containerd.sock

# Whether a process id is one of this cluster's programs, by the exact words it was started with (`up` gives each of them
# a path below the state folder). An id that went to another program after a crash, or a shell or an editor that only
# mentions such a path, is not.
is_of_this_cluster() {
  local words=()
  mapfile -d '' -t words 2>/dev/null <"/proc/$1/cmdline" || return 1
  case "${words[0]:-}" in
    "$state/bin/kube") [[ ${words[1]:-} =~ ^(etcd|kubelet|kube-.*)$ ]] ;;
    containerd) [[ ${words[2]:-} == "$state/containerd.toml" ]] ;;
    docker-registry) [[ ${words[2]:-} == "$state/registry.yml" ]] ;;
    */containerd-shim-runc-v2) [[ " ${words[*]} " == *" -address $containerd_socket "* ]] ;;
    *) return 1 ;;
  esac
}

# Whether a process runs still. One that has ended but that its parent has not yet asked about does not.
is_running() {
  local status
  status=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  [[ ${status##*) } != [ZX]* ]]
}

# Waits for the given process ids to end, at most the given number of seconds; fails if one is left.
wait_for_end() {
  local deadline=$((SECONDS + $1)) process
  shift
  for process; do
    while is_running "$process"; do
      ((SECONDS < deadline)) || return 1
      sleep 0.05
    done
  done
}
