#!/bin/sh
# Records captures and socket tables with a known truth: programs called as the table prints them, and others in their
# place. DPM itself is not there: every program is stand_in.py under another name. Needs root, iproute2 and tcpdump.
#
#   ./record.sh FOLDER     writes right.pcap, wrong.pcap and for each the tables of the server, a1 and the console
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
work=$(mktemp -d)
mkdir -p "$out"

host() { # NAME ADDRESS
    ip netns add "lab-$1"
    ip link add "lab-$1" type veth peer name eth0 netns "lab-$1"
    ip link set "lab-$1" master lab-bridge up
    ip -n "lab-$1" addr add "$2/24" dev eth0
    ip -n "lab-$1" link set eth0 up
    ip -n "lab-$1" link set lo up
}
run() { # HOST PROGRAM ARGUMENTS: in the foreground
    where=$1 name=$2; shift 2
    ip netns exec "lab-$where" "$work/$name" "$@"
}
poll() { # HOST FILE: every fifth of a second, with the time of each table
    while :; do
        date -u +%Y-%m-%dT%H:%M:%S.%NZ
        ip netns exec "lab-$1" ss -tunap
        sleep 0.2
    done >"$2"
}
clean() {
    for job in $jobs; do kill "$job" 2>/dev/null || true; done
    for name in server a1 console; do ip netns del "lab-$name" 2>/dev/null || true; done
    ip link del lab-bridge 2>/dev/null || true
    rm -rf "$work"
}
jobs=
trap clean EXIT

ip link add lab-bridge type bridge
ip link set lab-bridge up
host server 192.168.0.1
host a1 192.168.0.21
host console 192.168.0.50
for name in pxesvc.exe pxemtftp.exe bkressvc.exe ftsvc.exe apiserv.exe schwatch.exe Depagtd DIBuilde.exe ROM nc.exe \
    tftpd64.exe psexec.exe agent.sh; do
    install -m 755 "$here/stand_in.py" "$work/$name"
done

record() { # NAME AGENT-HOLDER TFTP-HOLDER OPENER CLIENT
    name=$1 agent=$2 tftp=$3 opener=$4 client=$5
    begun=
    ip netns exec lab-server tcpdump -q -U -i eth0 -w "$out/$name.pcap" 2>/dev/null & begun="$begun $!"
    for of in server a1 console; do poll "$of" "$out/$name-$of.txt" & begun="$begun $!"; done
    sleep 1
    for line in "server pxesvc.exe udp 4011" "server ftsvc.exe tcp 56023" "server $agent tcp 56030" \
        "server $tftp udp 69" "a1 $client tcp 56010"; do
        set -- $line
        ip netns exec "lab-$1" "$work/$2" "$3" listen "$4" & begun="$begun $!"
    done
    jobs="$jobs $begun"
    sleep 1
    for _ in 1 2 3 4; do run server "$opener" tcp connect 192.168.0.21 56010; done
    run console DIBuilde.exe tcp connect 192.168.0.1 56023
    run console DIBuilde.exe tcp connect 192.168.0.1 56023
    run console DIBuilde.exe tcp connect 192.168.0.1 56023
    run a1 ROM udp send 192.168.0.1 4011 4011
    run a1 ROM udp send 192.168.0.1 69
    run a1 ROM tcp connect 192.168.0.1 56030 56030 1.5
    sleep 2
    run a1 ROM tcp connect 192.168.0.1 56030 56030 1.5
    sleep 1
    for job in $begun; do kill "$job" 2>/dev/null || true; done
    wait 2>/dev/null || true
}
record right bkressvc.exe pxemtftp.exe apiserv.exe Depagtd
record wrong nc.exe tftpd64.exe psexec.exe agent.sh
