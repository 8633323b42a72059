# The loop that writes, one value after the other, and tells what became of each; sourced
# by the programs. `once KEY VALUE` is theirs: it returns 0 when it is acknowledged, else
# 1 with the error in $failure.

# micros sets $now, without a process: microseconds of Unix time.
micros() { now=${EPOCHREALTIME/[.,]/}; }

in_a_line() {
  local text
  text=$(tr -s '[:space:]' ' ' <<<"$1")
  printf '%s' "${text:0:200}"
}

write_loop() { # PROGRAM MILLISECONDS
  local n pause
  printf -v pause '%d.%03d' $(($2 / 1000)) $(($2 % 1000))
  for ((n = 1; ; n++)); do
    while [ -n "${HOLD:-}" ] && [ -e "$HOLD" ]; do sleep 0.005; done
    if once "${NAME:-}:$n" "$n"; then
      micros
      echo "ok $n $now"
    else
      micros
      echo "error $n $now $1: $(in_a_line "$failure")"
    fi
    sleep "$pause"
  done
}
