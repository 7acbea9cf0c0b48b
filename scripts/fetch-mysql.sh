#!/bin/bash
# Fetches a current MySQL server and client into a private directory, for the
# sandbox and the tests. The system itself is left alone: no package is
# installed, no apt state is touched, and root is not needed.
#
# How: Debian stable ships no MySQL, Debian unstable does. So the packages are
# downloaded from Debian unstable (of the mirror that this machine uses already)
# with an apt that has its own sources, lists and cache, unpacked with dpkg -x,
# and started through their own dynamic loader and C library. They therefore
# run on any Debian or Ubuntu of the same architecture, however old its libc.
#
# Result:  $CACHE/mysql/bin/{mysqld,mysql,mysqldump,mysqladmin,...}
# where    $CACHE is $TANDEM_CACHE, else $XDG_CACHE_HOME/tandem, else ~/.cache/tandem
#
# Running it again does nothing; running it twice at once is safe. --force
# fetches anew. The last line on stdout is the path of mysqld.
set -euo pipefail

die() {
    printf 'fetch-mysql: %s\n' "$*" >&2
    exit 1
}

other_ways='Other ways to get a server: set TANDEM_MYSQLD to the path of a mysqld 8.0 or later, install MySQL (not MariaDB) so that mysqld is on PATH, or have Docker running.'

cache=${TANDEM_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/tandem}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
dest=$cache/mysql

usable() {
    [ -x "$dest/bin/mysqld" ] && "$dest/bin/mysqld" --no-defaults --version >/dev/null 2>&1
}

for tool in apt-get dpkg flock; do
    command -v "$tool" >/dev/null || die "$tool is not here, so this is not a Debian-like machine. $other_ways"
done

# One fetch at a time; whoever waited finds the work done.
exec 9>"$cache/.fetch-mysql.lock"
flock 9
if [ "${1:-}" != --force ] && usable; then
    echo "$dest/bin/mysqld"
    exit 0
fi

# What a killed fetch left behind; nobody else is at work, we hold the lock.
rm -rf "$cache"/.fetch-mysql.??????
tmp=$(mktemp -d "$cache/.fetch-mysql.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# The mirrors: the archives in this machine's own sources, those that are named
# as Debian's main archive first. (Not "apt-get indextargets": it lists nothing
# on a machine whose package lists were cleaned away, as in container images.)
mkdir -p "$tmp/lists/partial"
sites=$(apt-get -o Dir::State::lists="$tmp/lists" -o Debug::NoLocking=true --print-uris update 2>/dev/null |
    sed -n "s|^'\(.*\)/dists/.*|\1|p" | awk '!seen[$0]++' | grep -v -e security |
    awk '/\/debian\/*$/ {print "0 " $0; next} {print "1 " $0}' | sort -s -k1,1 | cut -d' ' -f2-)
[ -n "$sites" ] || die "the apt sources of this machine name no archive. $other_ways"

# The signing keys: those this machine trusts for Debian already.
keyring=
for candidate in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
    [ -e "$candidate" ] && keyring=$candidate && break
done

mkdir -p "$tmp"/apt/{etc,lists/partial,cache/archives/partial} "$tmp/root"
: >"$tmp/apt/status"
cat >"$tmp/apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$tmp/apt/etc/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "$tmp/apt";
Dir::State::lists "$tmp/apt/lists";
Dir::State::status "$tmp/apt/status";
Dir::Cache "$tmp/apt/cache";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::Retries "3";
APT::Install-Recommends "false";
APT::Sandbox::User "";
CONF

private_apt() {
    APT_CONFIG=$tmp/apt/apt.conf DEBIAN_FRONTEND=noninteractive "$@"
}

# update reads the package list of Debian unstable from the first mirror that
# has it.
update() {
    : >"$tmp/update.log"
    for site in $sites; do
        printf 'deb %s%s sid main\n' "${keyring:+[signed-by=$keyring] }" "$site" >"$tmp/apt/etc/sources.list"
        private_apt apt-get -qq -o APT::Update::Error-Mode=any update >>"$tmp/update.log" 2>&1 && return
    done
    return 1
}

echo "fetch-mysql: reading Debian unstable's package list" >&2
if ! update; then
    # An old keyring does not know the key that signs unstable today. The
    # machine's own release keeps its debian-archive-keyring package up to
    # date, and that package is verified with keys the machine trusts: take
    # the keys from there rather than switching verification off.
    grep -q -e NO_PUBKEY -e EXPKEYSIG -e 'not signed' "$tmp/update.log" || {
        cat "$tmp/update.log" >&2
        die "could not read the package list of Debian unstable (above). $other_ways"
    }
    (cd "$tmp" && apt-get -qq -o APT::Sandbox::User= download debian-archive-keyring && dpkg -x debian-archive-keyring_*.deb keyring) >&2 ||
        die "the keyring of this machine cannot verify Debian unstable, and a newer debian-archive-keyring could not be downloaded. Run 'apt-get update', then try again."
    for candidate in "$tmp"/keyring/usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
        [ -e "$candidate" ] && keyring=$candidate && break
    done
    update || {
        cat "$tmp/update.log" >&2
        die "Debian unstable could not be verified with the newest keyring that this machine's release offers (above). $other_ways"
    }
fi

# Everything the two packages need, down to the C library, less what only
# their maintainer scripts and tools want (perl and friends).
list=$(private_apt apt-get -s install mysql-server-core mysql-client-core |
    awk '/^Inst / {print $2}' |
    grep -v -E '^(perl|libperl|libgdbm|libdb5|libc-gconv|gcc-.*-base|libsasl2-modules|libtirpc-common|openssl-provider)') ||
    die "Debian unstable offers no installable mysql-server-core just now. $other_ways"

echo "fetch-mysql: downloading $(wc -w <<<"$list") packages" >&2
# shellcheck disable=SC2086 # one word a package
(cd "$tmp" && private_apt apt-get -qq download $list >"$tmp/download.log" 2>&1) || {
    cat "$tmp/download.log" >&2
    die "the download failed (above). Run it again: nothing was left half done. $other_ways"
}
for deb in "$tmp"/*.deb; do
    dpkg -x "$deb" "$tmp/root"
done

# Only what runs: no manuals, no debug helpers.
rm -rf "$tmp"/root/usr/share/{doc,man,locale,lintian,bug,gcc,gdb,info}

# Where the loader and the libraries are depends on the architecture.
cd "$tmp/root"
loader=
for candidate in usr/lib64/ld-linux-*.so.* lib64/ld-linux-*.so.* usr/lib/ld-linux-*.so.* lib/ld-linux-*.so.* usr/lib/*-linux-gnu/ld-linux-*.so.*; do
    [ -e "$candidate" ] && loader=$candidate && break
done
[ -n "$loader" ] || die "the unpacked packages have no dynamic loader"
triplet=$(basename "$(dirname "$(find . -name 'libc.so.6' | head -1)")")
cd - >/dev/null

mkdir "$tmp/bin"
# The wrappers find the tree from their own path, so it may be moved. Options
# of ours stand last: --no-defaults and --defaults-file have to be first.
wrapper() { # NAME PROGRAM [OPTION...]
    name=$1 program=$2
    shift 2
    cat >"$tmp/bin/$name" <<WRAP
#!/bin/sh
self=\$(readlink -f "\$0")
root=\${self%/*/*}/root
exec "\$root/$loader" --library-path "\$root/usr/lib/$triplet:\$root/lib/$triplet" "\$root/$program" "\$@" $*
WRAP
    chmod 755 "$tmp/bin/$name"
}

plugins=$(cd "$tmp/root" && find usr/lib -type d -path '*mysql*/plugin' | head -1)
for name in mysql mysqladmin mysqlbinlog mysqldump; do
    # The plugin folder holds the old authentication that a 5.6 server asks for.
    wrapper "$name" "usr/bin/$name" \
        '"--character-sets-dir=$root/usr/share/mysql/charsets"' \
        "\"--plugin-dir=\$root/$plugins\""
done
server=usr/sbin/mysqld
[ -x "$tmp/root/$server" ] || server=usr/bin/mysqld
wrapper mysqld "$server" \
    '"--lc-messages-dir=$root/usr/share/mysql"' \
    '"--character-sets-dir=$root/usr/share/mysql/charsets"' \
    "\"--plugin-dir=\$root/$plugins\""

for name in mysqld mysql mysqldump; do
    "$tmp/bin/$name" --no-defaults --version >"$tmp/run.log" 2>&1 || {
        cat "$tmp/run.log" >&2
        die "the fetched $name does not start (above). $other_ways"
    }
done
"$tmp/bin/mysqld" --no-defaults --version | sed 's/^.* Ver /Ver /' >"$tmp/VERSION"

# Into place by rename, so nobody ever sees half a tree. A tree that is being
# replaced stays readable for those who have it open.
stage=$tmp/stage
mkdir "$stage"
mv "$tmp/root" "$tmp/bin" "$tmp/VERSION" "$stage/"
[ ! -e "$dest" ] || mv "$dest" "$tmp/old"
mv "$stage" "$dest"
echo "fetch-mysql: $(cat "$dest/VERSION")" >&2
echo "$dest/bin/mysqld"
