#!/usr/bin/env bash
# Streams images of several clients through processes, and fails if the memory of a party grows, or an answer is lost, doubled, wrong or
# out of its order.
# soak.sh [--images 20000] [--clients 4] [--batch 64] [--model NAME] ..., as `party demo` takes them
set -euo pipefail
cd "$(dirname "$0")/../../.."
cargo build --release -q -p party
target=${CARGO_TARGET_DIR:-target}
folder=$(mktemp -d)
demo=
trap 'if [ -n "$demo" ]; then kill "$demo" 2>/dev/null || true; fi; rm -rf "$folder"' EXIT
"$target/release/party" demo --folder "$folder/demo" --images 20000 --clients 4 --batch 64 "$@" >"$folder/outcome" &
demo=$!

rss() { awk '/^VmRSS:/ { print $2 }' "/proc/$1/status" 2>/dev/null || true; }
while kill -0 "$demo" 2>/dev/null; do
    # While clients ask.
    if pgrep -P "$demo" -f ' client --id ' >/dev/null; then
        for party in $(pgrep -P "$demo" -f ' party --id '); do
            kib=$(rss "$party")
            if [ -n "$kib" ]; then echo "$party $kib" >>"$folder/samples"; fi
        done
    fi
    sleep 1
done
# It ends with an error where an answer differs from that in memory, in order.
wait "$demo"
demo=
cat "$folder/outcome"
awk '
    { n[$1]++; kib[$1, n[$1]] = $2 }
    END {
        for (party in n) {
            least = most = kib[party, int(n[party] / 4) + 1]
            for (i = int(n[party] / 4) + 1; i <= n[party]; i++) {
                if (kib[party, i] < least) least = kib[party, i]
                if (kib[party, i] > most) most = kib[party, i]
            }
            printf "process %s: %d samples, after a quarter of them %d to %d KiB\n", party, n[party], least, most
            if (n[party] < 20) { print "too few samples"; bad = 1 }
            if (most > 1.05 * least) { print "more than 5 % apart"; bad = 1 }
        }
        exit bad || length(n) == 0
    }' "$folder/samples"
