package binlog

import (
	"bytes"

	"tandem/internal/schema"
)

// knownMap is a table map that has been seen, and what was made of it. Servers
// send the same map before every statement.
type knownMap struct {
	body  []byte // the whole event: another body is another version of the table
	name  schema.Name
	parts *tableMap     // nil until rows of it were decoded
	table *schema.Table // what plan was made for
	plan  *plan
}

// mapCache holds the maps that were seen lately, by table id. Ids are given
// anew when a table changes and when the server restarts.
type mapCache struct{ known map[uint64]*knownMap }

// mapCacheSize bounds the cache; when it is full it starts anew.
const mapCacheSize = 1 << 14

func (c *mapCache) clear() { clear(c.known) }

// get returns the entry for a table map event.
func (c *mapCache) get(body []byte) (uint64, *knownMap, error) {
	id, ok := parseTableID(body)
	if !ok {
		return 0, nil, errTableMap
	}
	if k := c.known[id]; k != nil && bytes.Equal(k.body, body) {
		return id, k, nil
	}
	schemaName, table, ok := parseTableName(body)
	if !ok {
		return 0, nil, errTableMap
	}
	if c.known == nil || len(c.known) >= mapCacheSize {
		c.known = make(map[uint64]*knownMap)
	}
	k := &knownMap{
		body: bytes.Clone(body),
		name: schema.Name{Schema: string(schemaName), Table: string(table)},
	}
	c.known[id] = k
	return id, k, nil
}

// planFor returns how to decode rows of the table, or what does not fit.
func (k *knownMap) planFor(t *schema.Table) (*plan, string, error) {
	if k.plan != nil && k.table == t {
		return k.plan, "", nil
	}
	if k.parts == nil {
		parts, err := parseTableMap(k.body)
		if err != nil {
			return nil, "", err
		}
		k.parts = parts
	}
	p, difference := newPlan(k.parts, t)
	if p == nil {
		return nil, difference, nil
	}
	k.plan, k.table = p, t
	return p, "", nil
}

// statementMaps are the table maps in force within one statement.
type statementMaps struct {
	ids  []uint64
	maps []*knownMap
}

func (s *statementMaps) add(id uint64, k *knownMap) {
	s.ids, s.maps = append(s.ids, id), append(s.maps, k)
}

func (s *statementMaps) find(id uint64) *knownMap {
	for i := len(s.ids) - 1; i >= 0; i-- {
		if s.ids[i] == id {
			return s.maps[i]
		}
	}
	return nil
}

func (s *statementMaps) clear() {
	clear(s.maps)
	s.ids, s.maps = s.ids[:0], s.maps[:0]
}
