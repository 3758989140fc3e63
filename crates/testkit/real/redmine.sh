# shellcheck shell=bash
# Sourced by ./dev: a real Redmine from Debian's package, with code, database and files of its own in .dev/redmine, seeded
# by redmine_seed.rb and set back to that state on every start.
# Exports UNISONO_TEST_REDMINE_URL, UNISONO_TEST_REDMINE_KEY (an administrator's) and UNISONO_TEST_REDMINE_SEED (JSON).

REDMINE=$DEV/redmine
REDMINE_HOME=$REDMINE/app/instances/default

redmine_install() {
  echo 'redmine redmine/instances/default/dbconfig-install boolean false' | as_root debconf-set-selections
  install redmine redmine-sqlite puma || true
  # Debian's bundler misses gems whose directory does not exist, and then the package cannot be configured. Empty
  # directories are all it wants.
  local spec
  for spec in /usr/share/rubygems-integration/*/specifications/*.gemspec /usr/lib/*/rubygems-integration/*/specifications/*.gemspec; do
    [ ! -e "$spec" ] || as_root mkdir -p "${spec%/specifications/*}/gems/$(basename "$spec" .gemspec)"
  done
  as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a >>"$DEV/apt.log" 2>&1
}

redmine_installed() { [ "$(dpkg-query -W -f '${Status}' redmine puma 2>/dev/null)" = 'install ok installedinstall ok installed' ]; }

# Everything runs in the private copy, never in the installed one.
REDMINE_RUN=(env -C "$REDMINE/app" -u RUBYOPT "BUNDLE_GEMFILE=$REDMINE/app/Gemfile" BUNDLE_SILENCE_ROOT_WARNING=1
  RAILS_ENV=production REDMINE_INSTANCE=default SCHEMA=/dev/null "HOME=$REDMINE" bundle)

redmine_copy() {
  rm -rf "$REDMINE" && mkdir -p "$REDMINE" && cp -a /usr/share/redmine "$REDMINE/app" &&
    rm -rf "$REDMINE"/app/{Gemfile.lock,instances,config/database.yml} &&
    mkdir -p "$REDMINE_HOME"/{config,files,log,tmp} || return
  sed -i "s#/usr/share/redmine/#$REDMINE/app/#" "$REDMINE/app/Gemfile"
  echo 'gem "puma"' >"$REDMINE/app/Gemfile.local"
  printf 'production:\n  adapter: sqlite3\n  database: %s/redmine.sqlite3\n  timeout: 20000\n' "$REDMINE_HOME" |
    tee "$REDMINE/app/config/database.yml" >"$REDMINE_HOME/config/database.yml"
  head -c 32 /dev/urandom | sha256sum | cut -c 1-64 >"$REDMINE_HOME/config/secret_key.txt"
}

redmine_make() {
  redmine_copy &&
    "${REDMINE_RUN[@]}" install --local --quiet &&
    "${REDMINE_RUN[@]}" exec rake db:migrate &&
    "${REDMINE_RUN[@]}" exec rails runner "$PWD/crates/testkit/real/redmine_seed.rb" >"$REDMINE/seed.out" &&
    tail -n 1 "$REDMINE/seed.out" | grep '"key"' >"$REDMINE/seed.json" &&
    cp -a "$REDMINE_HOME" "$REDMINE/seeded"
}

redmine_start() {
  redmine_installed || redmine_install || fail "cannot install Redmine: see $DEV/apt.log"
  local want port
  want=$(cat crates/testkit/real/redmine* <(dpkg-query -W redmine) <(echo "$DEV") | sha256sum)
  if [ "$(cat "$REDMINE/stamp" 2>/dev/null)" != "$want" ]; then
    say "making a Redmine with 1,000 issues"
    redmine_make >"$DEV/redmine-make.log" 2>&1 || fail "Redmine cannot be made: see $DEV/redmine-make.log"
    echo "$want" >"$REDMINE/stamp"
  fi
  rm -rf "$REDMINE_HOME"
  cp -a "$REDMINE/seeded" "$REDMINE_HOME"
  port=$(free_port)
  background redmine "${REDMINE_RUN[@]}" exec puma -e production -b "tcp://127.0.0.1:$port" -t 1:4 config.ru
  answers redmine curl -sf -o /dev/null "http://127.0.0.1:$port/login"
  UNISONO_TEST_REDMINE_SEED=$(cat "$REDMINE/seed.json")
  UNISONO_TEST_REDMINE_KEY=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["key"])' <"$REDMINE/seed.json")
  export UNISONO_TEST_REDMINE_URL="http://127.0.0.1:$port" UNISONO_TEST_REDMINE_KEY UNISONO_TEST_REDMINE_SEED
  say "Redmine runs on port $port"
}

redmine_start
