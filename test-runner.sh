#!/usr/bin/env bash
# Runs a part of the lab many times: ./test-runner.sh 2A 100. With -h it says how.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if ! command -v go > /dev/null; then
	echo "test-runner: there is no go command; see https://go.dev/doc/install" >&2
	exit 2
fi
go build -C "$root" -buildvcs=false -o bin/raftlab ./cmd/raftlab || exit 2
exec "$root/bin/raftlab" test-runner -C "$root" "$@"
