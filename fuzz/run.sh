#!/bin/sh
# Looks for inputs that break a promise, by what they reach: `fuzz/run.sh TARGET SECONDS`, where
# TARGET may be `all`.
#
# Why this and not cargo-fuzz: libFuzzer and the compiler's coverage both work on a stable
# toolchain, without the sanitizers that do not, and RocksDB, which has nothing to be covered
# here, is not built a second time.
#
# What is reached for the first time is kept beside the build and gone on from the next time. An
# input that breaks a promise is left there, too, and named; once it is understood it belongs into
# fuzz/corpus/<target>/.
set -eu
cd "$(dirname "$0")/.."

target=${1:?the name of a target, or all}
seconds=${2:?for how many seconds each}
cache=${CARGO_TARGET_DIR:?where it is built}
host=$(rustc -vV | sed -n 's/^host: //p')

# Built by `make build`; whichever is newest fits.
rocksdb=$(ls -t "$cache"/release/build/librocksdb-sys-*/out/librocksdb.a | head -n 1)

ROCKSDB_LIB_DIR=$(dirname "$rocksdb") ROCKSDB_STATIC=1 \
    RUSTFLAGS="-Cpasses=sancov-module -Ccodegen-units=1 -Clink-dead-code -Clink-arg=-lstdc++ \
        -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares" \
    cargo build --release --locked --target "$host" --target-dir "$cache/fuzz" \
    -p paceline-fuzz --features libfuzzer --bin fuzz
fuzz="$cache/fuzz/$host/release/fuzz"

# Name and longest input of each.
targets=$("$fuzz")
if [ "$target" != all ]; then
    targets=$(echo "$targets" | grep "^$target ") || {
        echo "$target is none of the targets: $(echo "$targets" | cut -d ' ' -f 1 | tr '\n' ' ')" >&2
        exit 2
    }
fi
echo "$targets" | while read -r target bytes_max; do
    found="$cache/fuzz/corpus/$target"
    broken="$cache/fuzz/broken"
    mkdir -p "$found" "$broken"
    echo "== $target, for ${seconds} s"
    # Small ones first: libFuzzer makes them longer as it runs out of what is new.
    if ! FUZZ_TARGET=$target "$fuzz" -max_total_time="$seconds" -max_len="$bytes_max" -timeout=10 \
        -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix="$broken/$target-" \
        "$found" "fuzz/corpus/$target" >"$cache/fuzz/$target.log" 2>&1 </dev/null; then
        tail -n 40 "$cache/fuzz/$target.log" >&2
        echo "$target broke its promise: the input is above, the log is $cache/fuzz/$target.log" >&2
        exit 1
    fi
    grep -E 'number_of_executed_units|average_exec_per_sec|peak_rss_mb' "$cache/fuzz/$target.log"
    grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [^ ]+' "$cache/fuzz/$target.log" | tail -n 1
done
