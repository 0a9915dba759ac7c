#!/usr/bin/env bash
# Starts parties, a dealer, a model's owner and clients on this machine, over TLS, and compares the answers with a run in memory.
# demo.sh [--parties N] [--images M] [--model NAME] [--batch B] [--clients C] [--ahead]
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release -q -p party
exec "${CARGO_TARGET_DIR:-target}/release/party" demo "$@"
