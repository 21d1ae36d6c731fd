# Where a bundle has its things. Sourced by the other scripts, which set bundle to this folder.
export RAFTLAB_ROOT="$bundle/src"
export HOME="${HOME:-$bundle/cache}"
export GOCACHE="${GOCACHE:-$bundle/cache/go-build}"
export GOMODCACHE="${GOMODCACHE:-$bundle/cache/mod}"
export XDG_CACHE_HOME="${XDG_CACHE_HOME:-$bundle/cache}"
export GOTOOLCHAIN=local GOWORK=off
export PATH="$bundle/bin:$bundle/go/bin:$PATH"
