package grants

import (
	"fmt"
	"strconv"
	"strings"
)

// Family says whose server it is: what its administrator can give, and what one
// calls the rest.
type Family string

// The families.
const (
	Plain    Family = "mysql"
	CloudSQL Family = "cloudsql"
	Aurora   Family = "aurora"
)

// Families are all of them.
func Families() []Family { return []Family{Plain, CloudSQL, Aurora} }

// Version is a server's, as far as rights depend on it: 5.6, 8.0, 9.7.
type Version struct{ Major, Minor int }

// ParseVersion reads 8.0, 8.4.2, 9 and the like.
func ParseVersion(text string) (Version, error) {
	var v Version
	parts := strings.SplitN(text, ".", 3)
	var err error
	if v.Major, err = strconv.Atoi(parts[0]); err == nil && len(parts) > 1 {
		v.Minor, err = strconv.Atoi(parts[1])
	}
	if err != nil || v.Minor < 0 {
		return Version{}, fmt.Errorf("%q is not a version of MySQL", text)
	}
	if !v.AtLeast(5, 6) || v.Major > 9 || v.Major == 5 && v.Minor > 7 || v.Major == 6 || v.Major == 7 {
		return Version{}, fmt.Errorf("tandem works with MySQL 5.6 to 9.x, not with %s", text)
	}
	return v, nil
}

// AtLeast tells whether it is this version or a later one.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Server is one side, for which the rights are.
type Server struct {
	Source  bool
	Family  Family
	Version Version
	// User and Host are the account; Host is % where it is empty.
	User, Host string
	// IAM: the user logs in with a token of the cloud's.
	IAM bool
	// Schemas are the databases that move; Patterns are more of them, as GRANT
	// takes them, with _ and % for others.
	Schemas, Patterns []string
}

// account is 'user'@'host'.
func (s *Server) account() string {
	host := s.Host
	if host == "" {
		host = "%"
	}
	return text(s.User) + "@" + text(host)
}

func text(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", "''") + "'"
}

// database is the name of one as GRANT takes it, where _ and % stand for others:
// a right on _tandem.* would be one on atandem.* as well.
func database(name string) string {
	escaped := strings.NewReplacer(`\`, `\\`, "_", `\_`, "%", `\%`, "`", "``").Replace(name)
	return "`" + escaped + "`.*"
}
