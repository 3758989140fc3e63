# shellcheck shell=bash
# Sourced by ./dev: a PostgreSQL cluster of its own on a free port, thrown away at the end. PostgreSQL refuses to run as
# root; then it runs as user `postgres`, in a directory that this user can reach.
# Exports UNISONO_TEST_POSTGRES, the address of a superuser who may create databases.

postgres_bin() {
  local bin
  bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
  bin=${bin:-$(dirname "$(command -v initdb || true)")}
  [ -x "$bin/initdb" ] && echo "$bin"
}

as_postgres() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=-all -- "$@"; else "$@"; fi
}

postgres_install() {
  # Without this, Debian starts a cluster on the usual port.
  install postgresql-common || return
  as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  install postgresql
}

postgres_start() {
  local bin data=$DEV/postgres port
  bin=$(postgres_bin) || { postgres_install && bin=$(postgres_bin); } || fail "no PostgreSQL: see $DEV/apt.log"
  # What an earlier run left behind, if it was killed.
  if [ -f "$DEV/postgres.path" ]; then rm -rf "$(cat "$DEV/postgres.path")"; fi
  rm -rf "$data"
  if [ "$(id -u)" = 0 ]; then
    as_postgres test -x "$DEV" || data=$(mktemp -d "${TMPDIR:-/tmp}/unisono-postgres-XXXXXX")
    mkdir -p "$data"
    chown postgres: "$data"
  fi
  echo "$data" >"$DEV/postgres.path"
  (cd / && as_postgres "$bin/initdb" -D "$data" -U unisono --auth=trust -E UTF8 \
    --locale=C.UTF-8 --no-sync >"$DEV/postgres.log" 2>&1) || fail "initdb failed: see $DEV/postgres.log"
  port=$(free_port)
  local server=("$bin/postgres" -D "$data" -p "$port" -h 127.0.0.1 -k '' -c fsync=off -c max_connections=300)
  if [ "$(id -u)" = 0 ]; then server=(--reuid=postgres --regid=postgres --init-groups "${server[@]}"); fi
  background postgres "${server[@]}"
  answers postgres "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"
  export UNISONO_TEST_POSTGRES="postgres://unisono@127.0.0.1:$port/postgres"
  say "PostgreSQL runs on port $port"
}

postgres_start
