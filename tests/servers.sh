#!/bin/sh
# Looks for the servers and programs that tests need. As root on Debian it installs the missing
# ones, elsewhere it names them in one line. Tests that need a missing program are skipped, or fail
# if CI is set.
set -u
find_missing() {
  missing=""
  for program in redis-server php chromium nginx varnishd openssl systemd-analyze pgbouncer \
    promtool mariadb-install-db; do
    command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
  done
  # On Debian the programs of PostgreSQL are not in the PATH.
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 ||
    missing="$missing postgresql"
}
# Tests can do without it, but most tests in Chromium need three times the processor time then.
faster=""
command -v chromium-headless-shell >/dev/null 2>&1 || faster="chromium-headless-shell"
find_missing
[ -z "$missing$faster" ] && exit 0
packages=$(echo "$missing" | sed 's/ php/ php-cli/; s/ varnishd/ varnish/; s/systemd-analyze/systemd/
  s/mariadb-install-db/mariadb-server/; s/promtool/prometheus/')
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  # Do not start the servers of the installed packages.
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  install="apt-get install -qy --no-install-recommends"
  # shellcheck disable=SC2086
  { apt-get update -q; [ -z "$packages" ] || $install $packages
    [ -z "$faster" ] || $install $faster; } >/dev/null 2>&1
fi
find_missing
[ -z "$missing" ] && exit 0
echo "Missing:$missing. Tests that need them are skipped; install them to run all." >&2
[ -z "${CI:-}" ]
