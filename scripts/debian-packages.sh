# shellcheck shell=bash
# Sourced by the other scripts: may this machine install Debian packages without asking anybody, and do it.

# Prints the prefix to run a command as root with (empty when root); fails when that would need a password.
root_prefix() {
    if [[ $EUID -eq 0 ]]; then
        return 0
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo sudo -n
    else
        return 1
    fi
}

# install_debian_packages NAME...: fails when apt-get or the right to use it is missing, or when it fails.
install_debian_packages() {
    local prefix
    command -v apt-get >/dev/null || return 1
    prefix=$(root_prefix) || return 1
    echo "$(basename "$0"): installing $*" >&2
    # shellcheck disable=SC2086 # the prefix is words
    $prefix env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 ||
        { $prefix apt-get update -qq >&2 &&
            $prefix env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2; }
}
