package mysqldb

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Flavour is who made or runs a server.
type Flavour string

// The flavours.
const (
	Community Flavour = "MySQL"
	Percona   Flavour = "Percona Server"
	CloudSQL  Flavour = "Cloud SQL"
	RDS       Flavour = "RDS"
	Aurora    Flavour = "Aurora"
	MariaDB   Flavour = "MariaDB"
)

// Version is a server's version.
type Version struct {
	Major, Minor, Patch int
	// Text is the whole text that the server gives.
	Text string
}

// V makes a version to compare with.
func V(major, minor, patch int) Version {
	return Version{Major: major, Minor: minor, Patch: patch}
}

// ParseVersion reads the text of VERSION(): 8.0.36-google, 9.7.4-1-debian.
func ParseVersion(text string) (Version, error) {
	v := Version{Text: text}
	number := text
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i >= 0 {
		number = text[:i]
	}
	parts := strings.Split(number, ".")
	for i, to := range []*int{&v.Major, &v.Minor, &v.Patch} {
		if i >= len(parts) {
			break
		}
		n, err := strconv.Atoi(parts[i])
		if err != nil {
			return Version{}, fmt.Errorf("parse server version %q: want major.minor.patch", text)
		}
		*to = n
	}
	return v, nil
}

// Compare orders versions by major, minor and patch.
func (v Version) Compare(o Version) int {
	return cmp.Or(cmp.Compare(v.Major, o.Major), cmp.Compare(v.Minor, o.Minor), cmp.Compare(v.Patch, o.Patch))
}

// AtLeast tells whether v is that version or a later one.
func (v Version) AtLeast(major, minor, patch int) bool {
	return v.Compare(V(major, minor, patch)) >= 0
}

// Series returns major.minor.
func (v Version) Series() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// String returns major.minor.patch.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// flavour tells who made the server from what it says of itself.
func flavour(vars variables) Flavour {
	text := strings.ToLower(vars["version"] + " " + vars["version_comment"])
	switch {
	case strings.Contains(text, "mariadb"):
		return MariaDB
	case vars.has("aurora_version"):
		return Aurora
	case strings.Contains(text, "google"):
		return CloudSQL
	case strings.Contains(vars["basedir"], "rdsdbbin"):
		return RDS
	case strings.Contains(text, "percona"):
		return Percona
	}
	return Community
}
