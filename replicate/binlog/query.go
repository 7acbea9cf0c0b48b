package binlog

import (
	"bytes"
	"errors"
	"time"

	"tandem/internal/change"
)

// queryEvent is a statement in the binlog, with the state of its session.
type queryEvent struct {
	schema    []byte
	sql       []byte
	errorCode uint16
	vars      sessionVars
}

// sessionVars are the status variables of a query event.
type sessionVars struct {
	noForeignKeyChecks  bool
	sqlMode             uint64
	hasSQLMode          bool
	charsetClient       uint16
	collationConnection uint16
	collationServer     uint16
	timeZone            string
	micros              uint32
	explicitTimestamp   int8 // -1 unknown, 0 off, 1 on
	utf8mb4Collation    uint16
	requirePrimaryKey   bool
	// updated are the schemas that the statement wrote to, triggers included;
	// known is false where the server does not say.
	updated      []string
	updatedKnown bool
}

func parseQuery(e event) (queryEvent, error) {
	c := cursor{b: e.body}
	c.take(8) // thread, execution time
	schema := int(c.u8())
	q := queryEvent{errorCode: c.u16()}
	vars := c.take(int(c.u16()))
	q.schema = c.take(schema)
	c.take(1)
	if c.bad {
		return q, errors.New("malformed query event")
	}
	q.sql = c.b
	var err error
	q.vars, err = parseStatusVars(vars)
	return q, err
}

// The codes of status variables.
const (
	varFlags2 = iota
	varSQLMode
	varCatalog
	varAutoIncrement
	varCharset
	varTimeZone
	varCatalogNZ
	varTimeNames
	varCharsetDatabase
	varTableMapForUpdate
	varMasterDataWritten
	varInvoker
	varUpdatedSchemas
	varMicroseconds
	varCommitTS
	varCommitTS2
	varExplicitTimestamp
	varDDLXID
	varUTF8MB4Collation
	varRequirePrimaryKey
	varTableEncryption
)

// noForeignKeyChecks is OPTION_NO_FOREIGN_KEY_CHECKS in the flags.
const noForeignKeyChecks = 1 << 26

func parseStatusVars(b []byte) (sessionVars, error) {
	v := sessionVars{explicitTimestamp: -1}
	c := cursor{b: b}
	for len(c.b) > 0 {
		switch code := c.u8(); code {
		case varFlags2:
			v.noForeignKeyChecks = c.u32()&noForeignKeyChecks != 0
		case varSQLMode:
			v.sqlMode, v.hasSQLMode = c.u64(), true
		case varCatalog:
			c.take(int(c.u8()) + 1)
		case varAutoIncrement:
			c.take(4)
		case varCharset:
			v.charsetClient, v.collationConnection, v.collationServer = c.u16(), c.u16(), c.u16()
		case varTimeZone:
			v.timeZone = string(c.take(int(c.u8())))
		case varCatalogNZ:
			c.take(int(c.u8()))
		case varTimeNames, varCharsetDatabase:
			c.take(2)
		case varTableMapForUpdate, varDDLXID:
			c.take(8)
		case varMasterDataWritten:
			c.take(4)
		case varInvoker:
			c.take(int(c.u8()))
			c.take(int(c.u8()))
		case varUpdatedSchemas:
			v.readUpdated(&c)
		case varMicroseconds:
			v.micros = uint32(c.uint(3))
		case varExplicitTimestamp:
			v.explicitTimestamp = int8(min(c.u8(), 1))
		case varUTF8MB4Collation:
			v.utf8mb4Collation = c.u16()
		case varRequirePrimaryKey:
			v.requirePrimaryKey = c.u8() != 0
		case varTableEncryption:
			c.take(1)
		default:
			// Variables come in the order of their codes, so what is not known is
			// at the end, and newer than all that matters here.
			return v, nil
		}
	}
	if c.bad {
		return v, errors.New("malformed status variables in a query event")
	}
	return v, nil
}

func (v *sessionVars) readUpdated(c *cursor) {
	const tooMany = 254
	n := c.u8()
	if n == tooMany {
		return
	}
	v.updatedKnown = true
	for range n {
		i := bytes.IndexByte(c.b, 0)
		if i < 0 {
			c.bad = true
			return
		}
		v.updated = append(v.updated, string(c.take(i)))
		c.take(1)
	}
}

// statement makes the vocabulary's form of it.
func (q *queryEvent) statement(timestamp uint32) *change.Statement {
	v := &q.vars
	s := &change.Statement{
		SQL:                  string(q.sql),
		Schema:               string(q.schema),
		SQLMode:              v.sqlMode,
		HasSQLMode:           v.hasSQLMode,
		CharsetClient:        v.charsetClient,
		CollationConnection:  v.collationConnection,
		CollationServer:      v.collationServer,
		UTF8MB4Collation:     v.utf8mb4Collation,
		TimeZone:             v.timeZone,
		NoForeignKeyChecks:   v.noForeignKeyChecks,
		ImplicitTimestamps:   v.explicitTimestamp == 0,
		HasTimestampDefaults: v.explicitTimestamp >= 0,
		Time:                 time.Unix(int64(timestamp), int64(v.micros)*1000).UTC(),
	}
	return s
}
