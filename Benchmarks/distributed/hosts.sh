#!/usr/bin/env bash
# Hosts on one machine: network namespaces with veth pairs to a bridge, ranks in them without ssh, delay, loss, rates by tc,
# links that are cut. Needs root, ip (iproute2) and tc.
#
#   hosts.sh up N [QDISC]         N hosts 10.77.0.1 … .N; QDISC as for tc: 'netem rate 10gbit delay 50us', 'tbf rate 10gbit burst 4mb limit 64mb'
#   hosts.sh run COMMAND...       as many ranks as hosts, one in each
#   hosts.sh cut HOST SECONDS     takes a host's link down for so long
#   hosts.sh down
set -euo pipefail

folder=${TMPDIR:-/tmp}/danlu-hosts
bridge=danlubr

up() {
  local count=$1 shape=${2:-}
  mkdir -p "$folder"
  ip link add "$bridge" type bridge
  ip link set "$bridge" up
  printf '%s\n' "$count" >"$folder/count"
  {
    echo '#!/bin/sh'
    echo 'host=${1##*.}; shift; exec ip netns exec "danlu$host" sh -c "$*"'
  } >"$folder/agent"
  chmod +x "$folder/agent"
  for host in $(seq "$count"); do
    ip netns add "danlu$host"
    ip link add "danlu-v$host" type veth peer name eth0 netns "danlu$host"
    ip link set "danlu-v$host" master "$bridge" up
    ip -n "danlu$host" addr add "10.77.0.$host/24" dev eth0
    ip -n "danlu$host" link set eth0 up
    ip -n "danlu$host" link set lo up
    if [ -n "$shape" ]; then
      # shellcheck disable=SC2086
      ip netns exec "danlu$host" tc qdisc add dev eth0 root $shape
    fi
  done
}

run() {
  local count hosts
  count=$(cat "$folder/count")
  hosts=$(for host in $(seq "$count"); do printf '10.77.0.%s:%s,' "$host" "${PER_HOST:-1}"; done)
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1
  exec ip netns exec danlu1 mpirun --host "${hosts%,}" --mca plm_rsh_agent "$folder/agent" --bind-to none \
    --mca btl tcp,self --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 \
    -x OMP_NUM_THREADS -n $((count * ${PER_HOST:-1})) "$@"
}

cut() {
  ip -n "danlu$1" link set eth0 down
  sleep "$2"
  ip -n "danlu$1" link set eth0 up
}

down() {
  for name in $(ip netns list | awk '/^danlu[0-9]+/ {print $1}'); do ip netns delete "$name"; done
  ip link delete "$bridge" 2>/dev/null || true
  # The ends here go with their namespaces, but later than they.
  for link in $(ip -o link | grep -o 'danlu-v[0-9]*' || true); do ip link delete "$link" 2>/dev/null || true; done
  rm -rf "$folder"
}

command=${1:-}
shift || true
case $command in
  up | run | cut | down) "$command" "$@" ;;
  *) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
