package grants

import "slices"

// Part is what a right is for.
type Part string

// The parts, in the order in which a migration comes to them.
const (
	Replicate Part = "replicate"
	Reverse   Part = "reverse"
	Handover  Part = "handover"
	Fences    Part = "fences"
)

// Parts are all of them.
func Parts() []Part { return []Part{Replicate, Reverse, Handover, Fences} }

// Scope is on what a right is.
type Scope string

// The scopes. Own is tandem's database, Data each of those that move.
const (
	Global Scope = "*.*"
	Own    Scope = "_tandem"
	Data   Scope = "data"
)

// Need is one right that tandem uses.
type Need struct {
	Part      Part
	Privilege string
	// Scope is one of the above, or the object itself: performance_schema.*,
	// PROCEDURE mysql.rds_kill.
	Scope Scope
	// For says what it is for, Without what is lost where it is missing.
	For, Without string
}

// Needs are the rights on one side.
//
// tandem writes to both sides: to the source what comes back from the target once
// that owns a group, and its own state. A side is read and written by the same
// user, so the parts of both links add up.
func Needs(s Server) []Need {
	var all []Need
	add := func(part Part, scope Scope, why, without string, privileges ...string) {
		for _, p := range privileges {
			have := func(n Need) bool { return n.Privilege == p && n.Scope == scope }
			if !slices.ContainsFunc(all, have) {
				all = append(all, Need{part, p, scope, why, without})
			}
		}
	}
	writing := []string{"INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES"}

	// A side is read: the source by the forward link, the target by comparison and
	// by the link back.
	add(Replicate, Data, "read the rows: copy and comparison", "nothing can be copied or compared", "SELECT")
	add(Replicate, Own, "tandem's own state", "replication refuses to begin", append([]string{"SELECT"}, writing...)...)
	add(Replicate, Global, "the history list, long transactions, who is in the way",
		"the throttle does not see the history list, and gates can not name who holds a lock", "PROCESS")
	if s.Version.AtLeast(8, 0) {
		add(Replicate, Global, "prepared XA transactions, which hold locks and no session shows", "preflight can not see them", "XA_RECOVER_ADMIN")
	}
	if s.Source {
		add(Replicate, Global, "read the binlog", "there is no stream", "REPLICATION SLAVE")
		add(Replicate, Global, "the binlog's position and files", "there is no position to begin at", "REPLICATION CLIENT")
		add(Replicate, Data, "the snapshot of a table without a key, or with foreign keys in a circle", "such tables can not be copied", "LOCK TABLES")
		add(Replicate, Data, "labels and defaults that the server prints with a ? in place of a character", "such labels are refused", "CREATE TEMPORARY TABLES")
		add(Reverse, Data, "apply what comes back from the target", "a handover has no way back", writing...)
	} else {
		add(Replicate, Data, "make the tables and fill them", "nothing can be copied", writing...)
		add(Reverse, Global, "read the target's binlog", "there is no link back", "REPLICATION SLAVE")
		add(Reverse, Global, "its position and files", "there is no link back", "REPLICATION CLIENT")
	}
	for _, n := range handover(s) {
		add(n.Part, n.Scope, n.For, n.Without, n.Privilege)
	}
	for _, n := range fences(s) {
		add(n.Part, n.Scope, n.For, n.Without, n.Privilege)
	}
	return all
}

func handover(s Server) []Need {
	list := []Need{
		{Handover, "TRIGGER", Data, "guards, and the application's triggers", "the tables can not be guarded"},
		{Handover, "EVENT", Data, "the application's events", "events stay on the old side"},
		{Handover, "SHOW VIEW", Data, "the text of views", "views can not be compared or carried over"},
		{Handover, "CREATE VIEW", Data, "views that the other side lacks", "views have to be made by hand"},
		{Handover, "CREATE ROUTINE", Data, "routines that the other side lacks", "routines have to be made by hand"},
		{Handover, "ALTER ROUTINE", Data, "routines that the other side lacks", "routines have to be made by hand"},
		{Handover, "EXECUTE", Data, "views and triggers that call routines", "what calls a routine fails where it runs as tandem's user"},
		{Handover, "TRIGGER", Own, "try triggers out before the handover", "whether they can be made is known too late"},
		{Handover, "EVENT", Own, "try events out before the handover", "whether they can be made is known too late"},
	}
	if s.Version.AtLeast(8, 0) {
		list = append(list,
			Need{Handover, "SELECT", "performance_schema.*", "who holds a table's lock, or a record of ownership", "what is in the way is not named, and a session that holds a record is not ended"},
			Need{Handover, "SHOW_ROUTINE", Global, "the text of routines of others", "routines of others can not be compared or carried over"},
			Need{Handover, definer(s.Version), Global, "triggers, events, views and routines that run as somebody else", "they run as tandem's user on the other side"},
			Need{Handover, "CONNECTION_ADMIN", Global, "end an idle session that holds a record of ownership; write while read_only is set", "such a session holds the handover up until it ends"},
		)
	} else {
		list = append(list,
			Need{Handover, "SELECT", "mysql.proc", "the text of routines of others", "routines of others can not be compared or carried over"})
		if s.Version.AtLeast(5, 7) {
			list = append(list, Need{Handover, "SELECT", "performance_schema.*", "who holds a table's lock", "what is in the way is not named"})
		}
	}
	if s.Family == Aurora {
		list = append(list,
			Need{Handover, "EXECUTE", "PROCEDURE mysql.rds_show_configuration", "how long the binlog is kept", "the time until the position is purged is not known"})
	}
	return list
}

// definer is the right to make an object that runs as somebody else.
func definer(v Version) string {
	if v.AtLeast(8, 2) {
		return "SET_ANY_DEFINER"
	}
	return "SET_USER_ID"
}

// fences are what the fences other than the guard need beside all of the above.
func fences(s Server) []Need {
	list := []Need{
		{Fences, "SELECT", "mysql.*", "which accounts there are, what is locked, who has which rights", "fences of accounts and grants are refused"},
		{Fences, "CREATE USER", Global, "lock accounts", "the fence accounts is refused"},
		{Fences, "GRANT OPTION", Data, "take rights away, and give them back", "the fence grants is refused"},
	}
	eight := s.Version.AtLeast(8, 0)
	if eight {
		list = append(list, Need{Fences, "ROLE_ADMIN", Global, "take roles away, and give them back", "the fence grants is refused where rights come by roles"})
	}
	switch {
	case s.Family == Aurora && eight:
		list = append(list, Need{Fences, "EXECUTE", "PROCEDURE mysql.rds_set_read_only", "refuse writes on the whole cluster", "the step flags can not be taken"})
	case s.Family == Aurora:
		list = append(list, Need{Fences, "EXECUTE", "PROCEDURE mysql.rds_kill", "end the accounts' sessions", "fences of accounts and grants are refused"})
	case s.Family == Plain && eight:
		list = append(list, Need{Fences, "SYSTEM_VARIABLES_ADMIN", Global, "set read_only", "the fence read_only is refused"})
	case s.Family == Plain:
		list = append(list, Need{Fences, "SUPER", Global, "end the accounts' sessions; set read_only", "all fences but the guard are refused"})
	}
	return list
}
