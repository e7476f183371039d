# The tables of .ci/bench. Input: the samples, with tabs between round, job, target, value, CPU µs a
# request, p99 µs. Variables: targets and jobs, in the order of the table, with blanks between.

# median of the numbers in a string.
function median(s,    v, n, i, j, x) {
	n = split(s, v, " ")
	if (n == 0) return 0
	for (i = 2; i <= n; i++) {
		x = v[i] + 0
		for (j = i - 1; j > 0 && v[j] + 0 > x; j--) v[j + 1] = v[j]
		v[j + 1] = x
	}
	return n % 2 ? v[(n + 1) / 2] + 0 : (v[n / 2] + v[n / 2 + 1]) / 2
}

# ratio of two targets in a job: the median of each round's.
function ratio(job, a, b,    r, s) {
	for (r = 1; r <= rounds; r++)
		if (at[r, job, b] > 0) s = s " " at[r, job, a] / at[r, job, b]
	return median(s)
}

# best is the replica among the peers with the highest median in a job.
function best(job,    i, who) {
	for (i = 1; i <= nt; i++)
		if (t[i] ~ /^(mirror|mirrorbuf|quorum)$/ && (who == "" || median(value[job, t[i]]) > median(value[job, who]))) who = t[i]
	return who
}

{
	if ($1 > rounds) rounds = $1 + 0
	at[$1, $2, $3] = $4
	value[$2, $3] = value[$2, $3] " " $4
	cpu[$2, $3] = cpu[$2, $3] " " $5
	slow[$2, $3] = slow[$2, $3] " " $6
	seen[$3] = 1
}

END {
	nt = split(targets, t, " ")
	nj = split(jobs, j, " ")
	printf "%-14s", "medians"
	for (i = 1; i <= nt; i++) printf " %10s", t[i]
	print ""
	for (k = 1; k <= nj; k++) {
		printf "%-5s %-8s", j[k], j[k] ~ /^s/ ? "MiB/s" : "requests"
		for (i = 1; i <= nt; i++) printf " %10.0f", median(value[j[k], t[i]])
		print ""
	}
	for (k = 1; k <= nj; k++) {
		printf "%-5s %-8s", j[k], "CPU µs"
		for (i = 1; i <= nt; i++) printf " %10.1f", median(cpu[j[k], t[i]])
		print ""
	}
	for (k = 1; k <= nj; k++) {
		printf "%-5s %-8s", j[k], "p99 µs"
		for (i = 1; i <= nt; i++) printf " %10.0f", median(slow[j[k], t[i]])
		print ""
	}
	if (!seen["hast"]) exit

	# The original's upper figures are from the same jobs beside the same peers.
	split("w1 0.60 w32 0.64 wf 0.9 r1 0.5 r32 1.5 sw 1.1 sr 1.7", o, " ")
	for (i = 1; i < 14; i += 2) original[o[i]] = o[i + 1]
	split("wf quorum r1 mem r32 mirrorbuf", o, " ")
	for (i = 1; i < 6; i += 2) fixed[o[i]] = o[i + 1]
	printf "\n%-5s %8s  %-18s %14s %8s\n", "hast", "ratio", "of", "original hastd", "of mem"
	for (k = 1; k <= nj; k++) {
		other = (j[k] in fixed) ? fixed[j[k]] : best(j[k])
		name = other (j[k] in fixed ? "" : ", best peer")
		if (!seen[other]) continue
		printf "%-5s %8.2f  %-18s %14s", j[k], ratio(j[k], "hast", other), name, j[k] in original ? original[j[k]] : "-"
		if (seen["mem"]) printf " %8.2f", ratio(j[k], "hast", "mem")
		print ""
	}
}
