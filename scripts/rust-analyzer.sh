#!/usr/bin/env bash
# Asks a real rust-analyzer what an editor would ask inside of a workflow's body: completion, definitions, types.
#
#   scripts/rust-analyzer.sh             with the `rust-analyzer` of the toolchain, or built from crates.io (ten minutes)
#   RUST_ANALYZER=.. scripts/rust-analyzer.sh      with that server
#   SYSROOT_SRC=.. scripts/rust-analyzer.sh        where the standard library's source is, if the toolchain has none
set -euo pipefail
cd "$(dirname "$0")/.."

# The newest that builds with the Rust that this workspace asks for.
VERSION=0.0.336

if [[ -z ${RUST_ANALYZER:-} ]]; then
    if rust-analyzer --version > /dev/null 2>&1; then
        RUST_ANALYZER=$(command -v rust-analyzer)
    else
        RUST_ANALYZER=target/rust-analyzer/bin/rust-analyzer
        if [[ ! -x $RUST_ANALYZER ]]; then
            CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=0 \
                cargo install --debug --locked --root target/rust-analyzer "ra_ap_rust-analyzer@$VERSION"
        fi
    fi
fi

SYSROOT_SRC=${SYSROOT_SRC:-$(rustc --print sysroot)/lib/rustlib/src/rust/library}
if [[ ! -d $SYSROOT_SRC ]]; then
    echo "no source of the standard library: \`rustup component add rust-src\`, or set SYSROOT_SRC" >&2
    exit 2
fi

# What rust-analyzer sees of a body is plain async Rust, and type-checks as such.
RUSTFLAGS="--cfg rust_analyzer" cargo check --package longhaul-examples --all-targets --target-dir target/rust-analyzer/plain

python3 scripts/rust_analyzer.py "$RUST_ANALYZER" "$SYSROOT_SRC"
