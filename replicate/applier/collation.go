package applier

import (
	"strings"

	"tandem/internal/change"
)

// generalCI is the id of utf8mb4_general_ci, which utf8mb4 meant before MySQL
// 8.0. Servers since then say in the binlog what it means to the session.
const generalCI = 45

// pinCollation returns the statement's text, with what utf8mb4 meant to its
// session written out wherever that is not what it means to the target. (The
// session variable for it is one that only a server's own replication may set.)
func pinCollation(st *change.Statement) string {
	if st.UTF8MB4Collation != 0 && st.UTF8MB4Collation != generalCI {
		return st.SQL
	}
	const pin = " COLLATE utf8mb4_general_ci"
	var out strings.Builder
	written := 0
	for _, c := range clauses(st.SQL, st.SQLMode&noBackslashEscapes != 0) {
		at, has := -1, false
		for i, w := range c {
			switch {
			case w.is("COLLATE"):
				has = true
			case w.is("AS") && i+1 < len(c) && (c[i+1].is("CHAR") || c[i+1].is("NCHAR")):
				has = true // the type of a CAST takes none
			case w.is("UTF8MB4") && i > 0 && (c[i-1].is("SET") || c[i-1].is("CHARSET")):
				at = w.end
			}
		}
		if at < 0 || has {
			continue
		}
		out.WriteString(st.SQL[written:at])
		out.WriteString(pin)
		written = at
	}
	if written == 0 {
		return st.SQL
	}
	out.WriteString(st.SQL[written:])
	return out.String()
}

// noBackslashEscapes is the bit of sql_mode under which a backslash in a string
// is a backslash.
const noBackslashEscapes = 1 << 20

// word is a word of a statement, or what stands between quotes.
type word struct {
	text string
	end  int
}

func (w word) is(keyword string) bool { return strings.EqualFold(w.text, keyword) }

// clauses divides a statement at commas and parentheses, and each part into
// words; comments are left out.
func clauses(sql string, plainBackslash bool) [][]word {
	var all [][]word
	var clause []word
	for i := 0; i < len(sql); {
		c := sql[i]
		switch {
		case c == ',' || c == '(' || c == ')' || c == ';':
			all, clause = append(all, clause), nil
			i++
		case c == '\'' || c == '"' || c == '`':
			end := quoted(sql, i, plainBackslash || c == '`')
			clause = append(clause, word{sql[i+1 : max(i+1, end-1)], end})
			i = end
		case strings.HasPrefix(sql[i:], "/*!"):
			// What is in there is executed: only the frame is left out.
			i += 3
			for i < len(sql) && sql[i] >= '0' && sql[i] <= '9' {
				i++
			}
		case strings.HasPrefix(sql[i:], "/*"):
			i = after(sql, i+2, "*/")
		case c == '#' || strings.HasPrefix(sql[i:], "-- "):
			i = after(sql, i, "\n")
		case isWord(c):
			end := i
			for end < len(sql) && isWord(sql[end]) {
				end++
			}
			clause = append(clause, word{sql[i:end], end})
			i = end
		default:
			i++
		}
	}
	return append(all, clause)
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// quoted returns the index behind the quoted text that begins at i.
func quoted(sql string, i int, plainBackslash bool) int {
	q := sql[i]
	for i++; i < len(sql); i++ {
		switch {
		case sql[i] == '\\' && !plainBackslash:
			i++
		case sql[i] == q && i+1 < len(sql) && sql[i+1] == q:
			i++
		case sql[i] == q:
			return i + 1
		}
	}
	return len(sql)
}

// after returns the index behind the next end, or the length.
func after(sql string, i int, end string) int {
	if n := strings.Index(sql[min(i, len(sql)):], end); n >= 0 {
		return i + n + len(end)
	}
	return len(sql)
}
