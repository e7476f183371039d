# The servers that .ci/bench measures, which reads this file; and what it looks at besides their speed.
# A target puts its NBD URI into uri, the processes whose CPU time counts into processes, and itself into
# order.
# shellcheck shell=bash disable=SC2034,SC2154

declare -A package=([fio]=fio [jq]=jq [nbdkit]=nbdkit [nbdinfo]=libnbd-bin [qemu-storage-daemon]=qemu-system-common)

# install_missing installs what is not there. Without fio there is no benchmark; without one of the other
# servers its targets are left out.
install_missing() {
	local c missing=()
	for c in "${!package[@]}"; do
		command -v "$c" >/dev/null || missing+=("${package[$c]}")
	done
	if ((${#missing[@]})) && command -v apt-get >/dev/null && ((EUID == 0)); then
		echo "installing ${missing[*]}"
		export DEBIAN_FRONTEND=noninteractive
		local install=(apt-get install --yes --quiet --no-install-recommends "${missing[@]}")
		"${install[@]}" >"$tmp/apt.log" 2>&1 ||
			{ apt-get update --quiet && "${install[@]}"; } >"$tmp/apt.log" 2>&1 || tail -n 3 "$tmp/apt.log"
	fi
	for c in fio jq nbdinfo; do
		command -v "$c" >/dev/null || {
			echo "$c is missing; on Debian: apt-get install ${package[$c]}"
			exit 1
		}
	done
	fio --enghelp=nbd >/dev/null 2>&1 || {
		echo "this fio cannot speak NBD"
		exit 1
	}
	for c in nbdkit qemu-storage-daemon; do
		command -v "$c" >/dev/null || echo "$c is missing (package ${package[$c]}): going on without what needs it"
	done
	tool_versions="$(fio --version) $(nbdkit --version 2>/dev/null || true) $(qemu-storage-daemon --version 2>/dev/null | sed -n '1s/.*version/qemu/p' || true)"
}

start_target() {
	case $1 in
	mem | leg) command -v nbdkit >/dev/null || return 0 ;;
	mirror | mirrorbuf | quorum) command -v nbdkit >/dev/null && command -v qemu-storage-daemon >/dev/null || return 0 ;;
	esac
	case $1 in
	hast) start_hast ;;
	mem)
		background nbdkit -f --unix "$tmp/mem" --threads 4 memory "${mib}M"
		uri[mem]="nbd+unix:///?socket=$tmp/mem" processes[mem]=$pid
		;;
	leg)
		start_leg leg.img
		uri[leg]=nbd://127.0.0.2:$port processes[leg]=$pid
		;;
	mirror) start_mirror mirror direct ;;
	mirrorbuf) start_mirror mirrorbuf cached ;;
	quorum) start_quorum ;;
	*) die "there is no target $1" ;;
	esac
	until_true nbdinfo --size "${uri[$1]}"
	order+=("$1")
}

# start_leg serves a new file on 127.0.0.2:$port, by process $pid.
start_leg() {
	image "$1"
	next_port
	background nbdkit -f --ipaddr 127.0.0.2 --port "$port" --threads 4 file "$data/$1"
	until_true nbdinfo --size "nbd://127.0.0.2:$port"
}

# start_qemu starts a storage daemon as target $1, which exports its node $2. The first copy is a file, node
# near, with or without the page cache ($3 is direct or cached); the second a leg, node far. Further
# arguments are the daemon's. Its monitor takes commands from descriptor $monitor and answers in $1.out.
start_qemu() {
	local name=$1 node=$2 cache=cache.direct=on,aio=native
	[[ $3 == direct ]] || cache=cache.direct=off,aio=io_uring
	shift 3
	start_leg "$name.b"
	processes[$name]=$pid
	# Both copies begin with the same content.
	image "$name.a"
	mkfifo "$tmp/$name.in"
	exec {monitor}<>"$tmp/$name.in"
	qemu-storage-daemon --chardev stdio,id=monitor --monitor chardev=monitor \
		--blockdev "driver=file,node-name=file,filename=$data/$name.a,$cache" --blockdev driver=raw,node-name=near,file=file \
		--blockdev "driver=nbd,node-name=far,server.type=inet,server.host=127.0.0.2,server.port=$port,export=" \
		"$@" --nbd-server "addr.type=unix,addr.path=$tmp/$name" \
		--export "nbd,id=export,node-name=$node,name=d,writable=on" \
		<&"$monitor" >"$tmp/$name.out" 2>>"$tmp/qemu.log" &
	pid=$!
	pids+=("$pid")
	processes[$name]+=" $pid"
	uri[$name]="nbd+unix:///d?socket=$tmp/$name"
	replicas+=("$name")
	until_true nbdinfo --size "${uri[$name]}"
}

# start_mirror: a write is answered when both copies have it. It is measured once it is in sync.
start_mirror() {
	start_qemu "$1" near "$2"
	cat >&"$monitor" <<-'END'
		{"execute": "qmp_capabilities"}
		{"execute": "blockdev-mirror", "arguments": {"job-id": "copy", "device": "near", "target": "far", "sync": "full", "copy-mode": "write-blocking"}}
	END
	until_true grep --quiet BLOCK_JOB_READY "$tmp/$1.out"
}

# start_quorum: both copies are written at once, and reads go to the first.
start_quorum() {
	start_qemu quorum both direct --blockdev \
		driver=quorum,node-name=both,children.0=near,children.1=far,vote-threshold=1,read-pattern=fifo
}

# hastctl runs our command as node $1.
hastctl() { "$tmp/hastctl" "${@:2}" --config "$conf" --node "$1"; }

# start_node starts our daemon as node $1.
start_node() {
	background "$tmp/hastd" -F -c "$conf" -n "$1" -P "$tmp/$1.pid"
	until_true hastctl "$1" status
}

# in_sync says whether all resources of node a are complete, with nothing left to copy.
in_sync() {
	hastctl a status --json >"$tmp/status" &&
		jq --exit-status 'all(.status == "complete" and .sync.state != "running")' "$tmp/status"
}

# write_conf writes a configuration for two nodes, with the resources that are named: nothing but where
# things are, and -M's mode.
write_conf() {
	local name remote_a remote_b
	next_port && remote_a=127.0.0.1:$port
	next_port && remote_b=127.0.0.2:$port
	{
		[[ -z $mode ]] || echo "replication $mode"
		echo "on a { control $tmp/a.ctl  listen $remote_a }"
		echo "on b { control $tmp/b.ctl  listen $remote_b }"
		for name; do
			echo "resource $name {"
			echo "	on a { local $data/$name.a  source 127.0.0.1  remote $remote_b }"
			echo "	on b { local $data/$name.b  source 127.0.0.2  remote $remote_a }"
			echo "}"
		done
	} >"$conf"
}

# start_hast: two daemons, a primary. Their components are full of different noise, so that all is copied
# first.
start_hast() {
	conf=$tmp/hast.conf
	write_conf hast
	# One MiB more for what stands in front of the data.
	image hast.a 1
	tac --separator=a "$data/hast.a" >"$data/hast.b" # the same bytes in another order
	hastctl a create hast
	hastctl b create hast
	start_node a
	processes[hast]=$pid
	start_node b
	processes[hast]+=" $pid"
	hastctl b role secondary hast
	hastctl a role primary hast
	until_true in_sync
	uri[hast]="nbd+unix:///hast?socket=$tmp/a.ctl.d/hast"
	replicas+=(hast)
}

# show_configuration prints what the pair really runs with.
show_configuration() {
	echo "our pair: $(hastctl a list | awk '$1 ~ /^(replication|compression|checksum|timeout|extentsize|keepdirty):$/ { printf "%s %s  ", $1, $2 }')"
}

# rss prints the memory of a process, in KiB: now, and at most so far.
rss() { awk -v what="$2" '$1 == what ":" { print $2 }' "/proc/$1/status"; }

busy_memory() {
	local p names=(primary secondary) i=0
	for p in ${processes[hast]}; do
		awk -v name="${names[i]}" -v now="$(rss "$p" VmRSS)" -v most="$(rss "$p" VmHWM)" \
			'BEGIN { printf "memory of the %s after the load: %.1f MiB, at most %.1f MiB\n", name, now / 1024, most / 1024 }'
		i=$((i + 1))
	done
}

# written prints how many writes node a has answered, at what time in seconds, and the state of its synchronization.
written() {
	hastctl a status --json | jq --raw-output '.[0] | "\(.stats.writes) \(now) \(.sync.state)"'
}

# beside_sync has a client write while node b's component is made anew and all of it is copied, five times, and prints
# medians of how fast it was then, and before. Both have the same watching beside them.
beside_sync() {
	local depth client state round n0 t0 n1 t1 m0 u0 m1 u1 i
	for depth in 1 16; do
		fio --name=beside --ioengine=nbd --uri="${uri[hast]}" --rw=randwrite --bs=4k --iodepth="$depth" --size="${mib}M" \
			--time_based --runtime=600 --norandommap --randrepeat=0 >"$tmp/beside.out" 2>>"$tmp/fio.log" &
		client=$!
		pids+=("$client")
		: >"$tmp/beside"
		for round in 1 2 3 4 5; do
			sleep 0.3
			read -r n0 t0 state < <(written)
			for ((i = 0; i < 20; i++)); do sleep 0.05 && read -r n1 t1 state < <(written); done
			hastctl b role init hast
			hastctl b create --force hast
			hastctl b role secondary hast
			state=''
			for ((i = 0; i < 1000; i++)); do
				read -r m0 u0 state < <(written)
				[[ $state != running ]] || break
				sleep 0.02
			done
			[[ $state == running ]] || failed "no synchronization began"
			m1=$m0 u1=$u0
			while [[ $state == running ]]; do sleep 0.05 && read -r m1 u1 state < <(written); done
			until_true in_sync
			awk -v n="$((n1 - n0))" -v t="$t0 $t1" -v m="$((m1 - m0))" -v u="$u0 $u1" 'BEGIN {
				split(t, a, " "); split(u, b, " ")
				before = n / (a[2] - a[1]); beside = m / (b[2] - b[1])
				print before, beside, b[2] - b[1], beside / before
			}' >>"$tmp/beside"
		done
		end_process "$client"
		echo "4 KiB writes, $depth at once: $(median 1)/s in sync, $(median 2)/s while $mib MiB are copied in $(median 3) s: $(median 4) of the speed"
	done
}

# median prints the middle of the five values in column $1 of beside_sync's results.
median() { sort -g -k "$1,$1" "$tmp/beside" | awk -v k="$1" 'NR == 3 { printf k < 3 ? "%d" : "%.2f", $k }'; }

# idle_memory ends the pair, starts one without a resource, then one with many that are complete, and
# divides.
idle_memory() {
	local many=50 i names=() empty=() full=()
	for i in ${processes[hast]}; do end_process "$i"; done
	for ((i = 0; i < many; i++)); do names+=("idle$i"); done
	conf=$tmp/idle.conf
	write_conf
	start_node a && empty+=("$(rss "$pid" VmRSS)") && end_process "$pid"
	start_node b && empty+=("$(rss "$pid" VmRSS)") && end_process "$pid"
	write_conf "${names[@]}"
	for i in "${names[@]}"; do truncate --size 8M "$data/$i.a" "$data/$i.b"; done
	hastctl a create "${names[@]}"
	hastctl b create "${names[@]}"
	local a b
	start_node a && a=$pid
	start_node b && b=$pid
	hastctl b role secondary all
	hastctl a role primary all
	until_true in_sync
	full=("$(rss "$a" VmRSS)" "$(rss "$b" VmRSS)")
	awk -v n="$many" -v ea="${empty[0]}" -v eb="${empty[1]}" -v fa="${full[0]}" -v fb="${full[1]}" 'BEGIN {
		printf "memory of a daemon without a resource: %.1f MiB; of one with %d idle ones: primary %.1f MiB, secondary %.1f MiB\n",
			ea / 1024, n, fa / 1024, fb / 1024
		printf "memory of each idle resource: primary %d KiB, secondary %d KiB\n", (fa - ea) / n, (fb - eb) / n
	}'
	end_process "$a"
	end_process "$b"
}

# end_process ends a server of ours, and waits for it.
end_process() {
	kill "$1"
	wait "$1" || true
	local p left=()
	for p in "${pids[@]}"; do [[ $p == "$1" ]] || left+=("$p"); done
	pids=("${left[@]}")
}

# check_copies compares the two copies of each replica. differ is then 1 if one of ours differs.
check_copies() {
	local name from
	differ=0
	for name in "${replicas[@]}"; do
		from=0
		if [[ $name == hast ]]; then
			# What was answered is written here, and under memsync perhaps still to be written there.
			hastctl a role init hast && hastctl b role init hast
			from=$(hastctl a dump --json hast | jq '.[0].localoff')
		fi
		if cmp --ignore-initial="$from" "$data/$name.a" "$data/$name.b" >"$tmp/cmp" 2>&1; then
			echo "$name: both copies hold the same"
		else
			echo "$name: THE COPIES DIFFER: $(cat "$tmp/cmp")"
			[[ $name != hast ]] || differ=1
		fi
	done
}
