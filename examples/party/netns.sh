#!/usr/bin/env bash
# Starts parties, a dealer, a model's owner and a client, each on a host (a network namespace) of its own, behind links of 20 ms one way and
# 100 Mbit/s each way, and compares the time with a bound: prints the terms as a line of JSON for each model, and fails above 1.3.
# `party apart --help` says what can be set, and src/apart.rs what the terms are. Without root, Linux or `ip`, nothing is done.
# netns.sh [OPTIONS OF `party apart`]
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release -q -p party
failed=0
for model in bmlp_sign_4096_mnist cnn_mnist; do
    "${CARGO_TARGET_DIR:-target}/release/party" apart --model "$model" "$@" || failed=1
done
exit "$failed"
