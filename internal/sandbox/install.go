package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Version names a line of MySQL that is wanted. Any is whatever modern MySQL
// (8.0 or later) the machine has.
type Version string

const (
	// Any is the newest MySQL to be had, 8.0 at least.
	Any Version = ""
	// V56 is MySQL 5.6, the oldest that can be a source.
	V56 Version = "5.6"
)

// String is the version as a person reads it.
func (v Version) String() string {
	if v == Any {
		return "8.0 or later"
	}
	return string(v)
}

// Install is a MySQL server that can be started, and the client programs that
// go with it.
type Install struct {
	// Mysqld is the path of the server program; empty when Image is set.
	Mysqld string `json:"mysqld,omitempty"`
	// Mysql and Mysqldump are the client programs, empty if there are none.
	Mysql     string `json:"mysql,omitempty"`
	Mysqldump string `json:"mysqldump,omitempty"`
	// Image is the container image, when the server runs in Docker.
	Image string `json:"image,omitempty"`
	// Major, Minor and Patch are the server's version.
	Major int `json:"major"`
	Minor int `json:"minor"`
	Patch int `json:"patch"`
	// Origin says where the server was found: env, path, cache, fetched, docker.
	Origin string `json:"origin"`
}

// String is the version and where it comes from.
func (i Install) String() string {
	where := i.Mysqld
	if i.Image != "" {
		where = "docker image " + i.Image
	}
	return fmt.Sprintf("MySQL %s (%s)", i.Number(), where)
}

// Number is the version as three numbers with dots.
func (i Install) Number() string {
	return fmt.Sprintf("%d.%d.%d", i.Major, i.Minor, i.Patch)
}

// AtLeast reports whether the server's version is major.minor.patch or later.
func (i Install) AtLeast(major, minor, patch int) bool {
	if i.Major != major {
		return i.Major > major
	}
	if i.Minor != minor {
		return i.Minor > minor
	}
	return i.Patch >= patch
}

// Is reports whether the installation satisfies the wanted version.
func (i Install) Is(want Version) bool {
	if want == Any {
		return i.AtLeast(8, 0, 0)
	}
	number := i.Number()
	return number == string(want) || strings.HasPrefix(number, string(want)+".")
}

// ErrNotMySQL says that a mysqld is not MySQL but something compatible with it.
var ErrNotMySQL = errors.New("not MySQL")

var versionPattern = regexp.MustCompile(`Ver (\d+)\.(\d+)\.(\d+)`)

// parseVersion reads what mysqld --version prints.
func parseVersion(text string) (major, minor, patch int, err error) {
	text = strings.TrimSpace(text)
	if strings.Contains(strings.ToLower(text), "mariadb") {
		return 0, 0, 0, fmt.Errorf("%w but MariaDB, whose GTIDs and binary log differ (%s)", ErrNotMySQL, text)
	}
	m := versionPattern.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, 0, fmt.Errorf("no version in %q", text)
	}
	numbers := [3]int{}
	for n, digits := range m[1:] {
		if numbers[n], err = strconv.Atoi(digits); err != nil {
			return 0, 0, 0, fmt.Errorf("no version in %q", text)
		}
	}
	return numbers[0], numbers[1], numbers[2], nil
}

// inspect asks the mysqld at path what it is, and looks for the client programs
// first beside it and then on PATH.
func inspect(ctx context.Context, path, origin string) (Install, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Install{}, err
	}
	out, err := exec.CommandContext(ctx, path, "--no-defaults", "--version").CombinedOutput()
	if err != nil {
		return Install{}, fmt.Errorf("run %s --version: %w: %s", path, err, strings.TrimSpace(string(out)))
	}
	install := Install{Mysqld: path, Origin: origin}
	install.Major, install.Minor, install.Patch, err = parseVersion(string(out))
	if err != nil {
		return Install{}, fmt.Errorf("%s is %w", path, err)
	}
	install.Mysql = clientProgram(path, "mysql")
	install.Mysqldump = clientProgram(path, "mysqldump")
	return install, nil
}

// clientProgram finds a client program that belongs to the server at path. A
// server unpacked without clients borrows those of the fetched MySQL.
func clientProgram(mysqld, name string) string {
	dir := filepath.Dir(mysqld)
	candidates := []string{filepath.Join(dir, name), filepath.Join(filepath.Dir(dir), "bin", name)}
	if cache, err := CacheDir(); err == nil {
		candidates = append(candidates, filepath.Join(cache, "mysql", "bin", name))
	}
	for _, candidate := range candidates {
		if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return candidate
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return ""
}
