package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// readable are the character sets of statements that the stream can read.
var readable = []string{
	"utf8", "utf8mb3", "utf8mb4", "binary", "ascii", "latin1", "sjis", "cp932", "ujis", "eucjpms", "gb2312", "gbk", "gb18030", "big5", "euckr",
}

// clientQueries list what keeps the character set of the client that made it, and
// its text.
var clientQueries = []string{
	"SELECT 'trigger', TRIGGER_SCHEMA, TRIGGER_NAME, CHARACTER_SET_CLIENT, ACTION_STATEMENT FROM information_schema.TRIGGERS ORDER BY 2, 3",
	"SELECT 'event', EVENT_SCHEMA, EVENT_NAME, CHARACTER_SET_CLIENT, EVENT_DEFINITION FROM information_schema.EVENTS ORDER BY 2, 3",
	"SELECT LOWER(ROUTINE_TYPE), ROUTINE_SCHEMA, ROUTINE_NAME, CHARACTER_SET_CLIENT, IFNULL(ROUTINE_DEFINITION, '') FROM information_schema.ROUTINES ORDER BY 2, 3",
	"SELECT 'view', TABLE_SCHEMA, TABLE_NAME, CHARACTER_SET_CLIENT, VIEW_DEFINITION FROM information_schema.VIEWS ORDER BY 2, 3",
}

// checkStatementCharset tells of clients that write statements in a character set
// that the stream can not read: what they made tells, and their next statement
// that is not plain ASCII would stop the link.
func checkStatementCharset(ctx context.Context, s *state) ([]Finding, error) {
	databases := s.databases()
	var names []string
	for _, q := range clientQueries {
		rows, err := s.Source.QueryContext(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list the character sets of statements: %w", err)
		}
		for rows.Next() {
			var kind, database, name, charset, text string
			if err = rows.Scan(&kind, &database, &name, &charset, &text); err != nil {
				break
			}
			if slices.Contains(databases, database) && !slices.Contains(readable, charset) && !ascii(text) {
				names = append(names, kind+" "+database+"."+name+" ("+charset+")")
			}
		}
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
		if err == nil {
			err = rows.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("list the character sets of statements: %w", err)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Warn, "statements were written in character sets that the stream does not read: the next one of such a client, about a replicated table, stops the link",
		list(names), "let these clients connect with utf8mb4 (SET NAMES utf8mb4), and make these objects anew with it")
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}
