package grants

import (
	"fmt"
	"slices"
	"strings"
)

// Statement is one GRANT, with what it is for.
type Statement struct {
	Part Part   `json:"part"`
	SQL  string `json:"sql"`
	For  string `json:"for"`
}

// Statements are the GRANTs for the needs, in their order: what is on the same
// object and for the same purpose in one statement. A placeholder stands for the
// databases where none is named.
func Statements(s Server, needs []Need) []Statement {
	type group struct {
		first      Need
		privileges []string
	}
	var groups []*group
	for _, n := range needs {
		i := slices.IndexFunc(groups, func(g *group) bool {
			return g.first.Part == n.Part && g.first.Scope == n.Scope && g.first.For == n.For
		})
		if i < 0 {
			groups, i = append(groups, &group{first: n}), len(groups)
		}
		groups[i].privileges = append(groups[i].privileges, n.Privilege)
	}
	var all []Statement
	for _, g := range groups {
		for _, object := range s.objects(g.first.Scope) {
			all = append(all, Statement{g.first.Part,
				fmt.Sprintf("GRANT %s ON %s TO %s;", strings.Join(g.privileges, ", "), object, s.account()), g.first.For})
		}
	}
	return all
}

// objects are what a scope means on this server, as GRANT takes it.
func (s *Server) objects(scope Scope) []string {
	switch scope {
	case Own:
		return []string{database("_tandem")}
	case Data:
		var all []string
		for _, name := range s.Schemas {
			all = append(all, database(name))
		}
		for _, pattern := range s.Patterns {
			all = append(all, "`"+strings.ReplaceAll(pattern, "`", "``")+"`.*")
		}
		if len(all) == 0 {
			return []string{"`YOUR_DATABASE`.*"}
		}
		return all
	default:
		return []string{string(scope)}
	}
}

var titles = map[Part]string{
	Replicate: "Copy, stream and compare.",
	Reverse:   "The way back: the link from the target to the source.",
	Handover:  "Handovers: guards, and what the application has beside its tables.",
	Fences: "Fences other than the guard. Only for plans that use them; what is not\n" +
		"-- needed stays commented out.",
}

// Script is the SQL to paste on one side, as an administrator of it.
func Script(s Server) string {
	var b strings.Builder
	side := "target"
	if s.Source {
		side = "source"
	}
	fmt.Fprintf(&b, "-- tandem's user on the %s: %s, MySQL %s.\n", side, s.name(), s.Version)
	for _, line := range s.remarks() {
		fmt.Fprintf(&b, "-- %s\n", line)
	}
	b.WriteString("\n" + s.create() + "\n")
	all := Statements(s, Needs(s))
	for _, part := range Parts() {
		fmt.Fprintf(&b, "\n-- %s\n", titles[part])
		why := ""
		for _, st := range all {
			if st.Part != part {
				continue
			}
			if st.For != why {
				why = st.For
				fmt.Fprintf(&b, "-- %s:\n", why)
			}
			if part == Fences {
				b.WriteString("-- ")
			}
			b.WriteString(st.SQL + "\n")
		}
	}
	return b.String()
}

func (s *Server) name() string {
	return map[Family]string{Plain: "a server of one's own", CloudSQL: "Cloud SQL", Aurora: "Aurora"}[s.Family]
}

// create makes the account. The password is never known here.
func (s *Server) create() string {
	switch {
	case s.Family == CloudSQL && s.IAM:
		return "-- The account is made by: gcloud sql users create ADDRESS --instance=INSTANCE --type=cloud_iam_service_account\n" +
			"-- (ADDRESS is that of the service account; in MySQL its name is what stands before the @). Look at SHOW GRANTS\n" +
			"-- afterwards: where it has got cloudsqlsuperuser, what follows adds nothing, and it can do nearly everything."
	case s.Family == Aurora && s.IAM:
		return "CREATE USER " + s.account() + " IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS';\n" +
			"ALTER USER " + s.account() + " REQUIRE SSL;"
	}
	statement := "CREATE USER " + s.account() + " IDENTIFIED BY 'PASSWORD-OF-TANDEM';"
	if s.Family == Aurora && s.Version.AtLeast(5, 7) {
		statement += "\nALTER USER " + s.account() + " REQUIRE SSL;"
	}
	return statement
}

// remarks are what one has to know before pasting.
func (s *Server) remarks() []string {
	var lines []string
	switch s.Family {
	case CloudSQL:
		lines = append(lines, "Run it as root or another user with cloudsqlsuperuser. Make the account here, not with",
			"gcloud or in the console: those give it cloudsqlsuperuser, that is, nearly every right.")
	case Aurora:
		lines = append(lines, "Run it as the master user, at the writer.")
	default:
		lines = append(lines, "Run it as an administrator.")
	}
	if s.Version.AtLeast(8, 0) {
		lines = append(lines, "A right that your administrator does not have can not be given: leave that line out;",
			"what is lost then stands in docs/permissions.md.")
	} else {
		lines = append(lines, "Before MySQL 8.0 objects keep their definer only where tandem's user has SUPER, which",
			"no cloud gives: elsewhere they run as tandem's user after a handover.")
	}
	if len(s.Schemas)+len(s.Patterns) == 0 {
		lines = append(lines, "Write the databases that move in place of YOUR_DATABASE, _ and % as \\_ and \\%.")
	}
	return lines
}
