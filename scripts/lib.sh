# shellcheck shell=bash
# What the scripts of this folder share: packages, configuring, building. To be sourced by them,
# after they have set `usage`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
script=scripts/$(basename "$0")
readonly script

say() { printf '%s\n' "$*" >&2; }
die() { say "$script: $*"; exit 1; }
# shellcheck disable=SC2154  # The script that sources this file sets it.
usage_error() { say "$script: $*"; say "$usage"; exit 64; }

# --- Packages ---------------------------------------------------------------------------------

# packages_for CONFIG PART: the Debian packages that building and running this part takes.
packages_for() {
  echo cmake ninja-build g++ libasio-dev libhiredis-dev libabsl-dev libssl-dev \
    libyaml-cpp-dev libcli11-dev nlohmann-json3-dev redis-server
  [[ $1 != clang ]] || echo clang
  [[ $1 != coverage ]] || echo clang libclang-rt-dev llvm
  [[ $1 != fuzz* ]] || echo clang libclang-rt-14-dev
  ! has_tests "$2" || echo libgtest-dev libgmock-dev libjemalloc-dev liblua5.1-0-dev spin
  ! has_bench "$2" || echo libbenchmark-dev
  ! has_interop "$1" "$2" || echo ca-certificates python3-redis
  # Other packages of Node than Debian's bring npm along, and cannot stand beside Debian's.
  ! has_interop "$1" "$2" || command -v npm >/dev/null || echo nodejs npm
}

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# need PACKAGE...: installs those that are missing; silent when none is.
need() {
  command -v dpkg-query >/dev/null || die "this is no Debian; please install yourself: $*"
  local package missing=()
  for package; do is_installed "$package" || missing+=("$package"); done
  (( ${#missing[@]} )) || return 0
  say "Installing Debian packages, which may take a minute: ${missing[*]}"
  install_packages "${missing[@]}"
}

as_root() { if (( EUID == 0 )); then "$@"; else sudo -- "$@"; fi; }

# Errors show; what apt and dpkg say while all is well does not.
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" >/dev/null
}

# In a subshell, so that its traps are its own.
install_packages() (
  (( EUID == 0 )) || command -v sudo >/dev/null ||
    die "neither root nor sudo at hand; please install these packages: $*"
  apt_get update || say "The package lists could not be renewed; trying with the old ones."
  keep_services_down
  apt_get install -y --no-install-recommends "$@" || die "could not install: $*"
  # A machine that ran no Redis does not begin to, at its next boot either.
  if [[ " $* " == *" redis-server "* && -d /run/systemd/system ]]; then
    as_root systemctl disable --quiet redis-server
  fi
)

# Debian starts a service when it installs its package, unless this file forbids it.
keep_services_down() {
  [[ ! -e /usr/sbin/policy-rc.d ]] || return 0
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
  as_root chmod 755 /usr/sbin/policy-rc.d
}

# --- Building ---------------------------------------------------------------------------------
# PART is program (the program alone), quick (the core's tests), tests, bench or all; fuzz goes with
# the configuration of that name, which has nothing else.

is_config() { [[ $1 =~ ^(release|debug|asan|tsan|clang)$ ]]; }
has_tests() { [[ $1 =~ ^(quick|tests|all)$ ]]; }
has_bench() { [[ $1 =~ ^(bench|all)$ ]]; }
has_interop() { [[ $1 =~ ^(release|debug|clang)$ && $2 =~ ^(tests|all)$ ]]; }  # CONFIG PART
build_dir() { echo "$root/build/$1"; }

# options_for CONFIG
options_for() {
  local developer="-DCMAKE_BUILD_TYPE=Debug -DHOLDFAST_DEVELOPER=ON"
  case $1 in
    release) echo "-DCMAKE_BUILD_TYPE=Release" ;;
    debug) echo "$developer" ;;
    # Lines and functions for their reports, and no more: it halves what the linker reads.
    asan) echo "$developer -DHOLDFAST_SANITIZE=address -DCMAKE_CXX_FLAGS_DEBUG=-g1" ;;
    tsan) echo "$developer -DHOLDFAST_SANITIZE=thread -DCMAKE_CXX_FLAGS_DEBUG=-g1" ;;
    # From a compiler's cache may come what names the sources of another checkout.
    coverage) echo "-DCMAKE_BUILD_TYPE=Coverage -DHOLDFAST_DEVELOPER=ON" \
      "-DCMAKE_CXX_COMPILER=clang++ -DCMAKE_CXX_COMPILER_LAUNCHER=" ;;
    clang) echo "$developer -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON" ;;
    fuzz) echo "$developer -DCMAKE_CXX_COMPILER=clang++ -DHOLDFAST_SANITIZE=fuzzer" \
      "-DHOLDFAST_BUILD_PROGRAM=OFF" ;;
    fuzz-asan) echo "$developer -DCMAKE_CXX_COMPILER=clang++ -DHOLDFAST_SANITIZE=fuzzer-address" \
      "-DHOLDFAST_BUILD_PROGRAM=OFF" ;;
  esac
}

# parts_for PART CACHE: what was asked for once stays configured, so that building the program
# alone later does not throw the tests away.
parts_for() {
  if has_tests "$1"; then echo "-DHOLDFAST_BUILD_TESTS=ON"
  elif [[ ! -e $2 ]]; then echo "-DHOLDFAST_BUILD_TESTS=OFF"; fi
  if has_bench "$1"; then echo "-DHOLDFAST_BUILD_BENCH=ON"
  elif [[ ! -e $2 ]]; then echo "-DHOLDFAST_BUILD_BENCH=OFF"; fi
}

target_for() {
  case $1 in
    program) echo holdfast_program ;;
    quick) echo core_test ;;
    bench) echo holdfast_bench ;;
    fuzz) echo holdfast_fuzz ;;
    tests|all) echo all ;;
  esac
}

# build CONFIG PART: installs what is missing, configures, builds.
build() {
  local dir
  dir=$(build_dir "$1")
  # shellcheck disable=SC2046  # Packages and options are words.
  need $(packages_for "$1" "$2")
  mkdir -p "$dir"
  # shellcheck disable=SC2046
  cmake -S "$root" -B "$dir" -G Ninja $(options_for "$1") \
    $(parts_for "$2" "$dir/CMakeCache.txt") >"$dir/configure.log" 2>&1 || {
    cat "$dir/configure.log" >&2
    die "CMake could not configure the $1 build"
  }
  cmake --build "$dir" --target "$(target_for "$2")" >&2 || die "the $1 build failed"
}

# install_modules FROM TO: modules of Node into the folder TO, just as FROM's lock file names them.
install_modules() {
  ! cmp -s "$1/package-lock.json" "$2/installed.json" || return 0
  mkdir -p "$2"
  cp "$1/package.json" "$1/package-lock.json" "$2"
  say "Installing Node's lock libraries, for ${1#"$root/"}"
  npm ci --prefix "$2" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 ||
    die "npm could not install the modules that ${1#"$root/"}/package-lock.json names"
  cp "$1/package-lock.json" "$2/installed.json"
}

# install_peers CONFIG: those that tests/interop runs.
install_peers() { install_modules "$root/tests/interop" "$(build_dir "$1")/interop"; }
