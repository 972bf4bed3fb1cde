#!/bin/sh
# Finds the servers and programs that tests need. Where apt-get may be used it installs what is
# missing; else it says so in one line. Tests that need a missing one are skipped, and with CI set
# they fail.
set -u
find_missing() {
  missing=""
  for program in redis-server php chromium nginx varnishd openssl systemd-analyze pgbouncer; do
    command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
  done
  # Debian keeps the programs of PostgreSQL off the path.
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 ||
    missing="$missing postgresql"
}
find_missing
[ -z "$missing" ] && exit 0
packages=$(echo "$missing" | sed 's/ php/ php-cli/; s/ varnishd/ varnish/; s/systemd-analyze/systemd/')
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  # A server that a package brings is not to start by itself.
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  # shellcheck disable=SC2086
  { apt-get update -q && apt-get install -qy --no-install-recommends $packages; } >/dev/null 2>&1
fi
find_missing
[ -z "$missing" ] && exit 0
echo "Missing:$missing. Tests that need them are skipped; install them to run all." >&2
[ -z "${CI:-}" ]
