package dmsgaps

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tandem/internal/schema"
)

// rule is a gap, and how it is found in a schema; nil where it is met always.
type rule struct {
	gap  Gap
	find func(*world) []Place
}

// exactly is what tandem does with nearly everything that belongs to a table.
const exactly = "the table is made as SHOW CREATE TABLE says, and compared with it"

var rules = [...]rule{
	{Gap{ID: "cascade", Effect: Lost,
		DMS:    "a change that a foreign key makes to child rows is not in the binlog and does not arrive: parents go, children stay",
		Tandem: "the parent's change is applied with checks on, so the target's own foreign key makes it, too; from MySQL 9.6 on it is in the log",
		Source: "source, limitations; mysql-check-cascade-constraints"}, func(w *world) []Place {
		if w.cascades {
			return nil // the page's reason does not hold; the foreign keys are lost all the same
		}
		return foreignKeys(true)(w)
	}},
	{Gap{ID: "foreign-key", Effect: Lost, DMS: "foreign keys are not created", Tandem: exactly,
		Source: "practices; all-check-secondary-constraints"}, foreignKeys(false)},
	{Gap{ID: "secondary-index", Effect: Lost,
		DMS:    "indexes other than the primary key are not created (unique ones in some cases)",
		Tandem: "they are made: unique ones at once, the others when the rows are there",
		Source: "practices; all-check-secondary-constraints"}, secondaryIndexes},
	{Gap{ID: "prefix-index", Effect: Lost, DMS: "an index on a part of a column is not created, not even a unique one", Tandem: exactly,
		Source: "source, limitations"}, prefixIndexes},
	{Gap{ID: "check-constraint", Effect: Lost, DMS: "CHECK constraints are not created", Tandem: exactly,
		Source: "practices; all-check-secondary-constraints"}, func(w *world) []Place { return w.checks }},
	{Gap{ID: "default", Effect: Lost, DMS: "defaults are not created: an INSERT that leaves the column out fails or gives NULL", Tandem: exactly,
		Source: "practices"}, withDefault},
	{Gap{ID: "auto-increment", Effect: Lost,
		DMS:    "the column is made without AUTO_INCREMENT: an INSERT that leaves it out fails",
		Tandem: "it is made with it, and its counter is put above that of both sides before the handover",
		Source: "source, limitations; mysql-check-auto-increment"},
		columns(func(_ *schema.Table, c *schema.Column) bool { return c.AutoIncrement })},
	{Gap{ID: "generated-column", Effect: Lost, DMS: "generated columns are not migrated, and changes to them are not captured",
		Tandem: "they are made, and stored ones are compared", Source: "source, limitations; mysql-check-generated-columns"},
		columns(func(_ *schema.Table, c *schema.Column) bool { return c.Generated })},
	{Gap{ID: "invisible-column", Effect: Lost, DMS: "the data of invisible columns is not migrated",
		Tandem: "they are copied, streamed and compared like any other", Source: "source, limitations; mysql-check-invisible-columns"},
		columns(func(_ *schema.Table, c *schema.Column) bool { return c.Invisible })},
	{Gap{ID: "partition", Effect: Lost,
		DMS:    "the table is made without partitions; a change of partitions in the stream suspends the table",
		Tandem: exactly, Source: "source, limitations; mysql-check-table-partition, mysql-check-skip-table-suspension-partition-ddl"}, partitions},
	{Gap{ID: "view", Effect: Lost, DMS: "views are not created", Tandem: "they go over with the handover, with definer and SQL mode", Source: "practices"}, beside("view")},
	{Gap{ID: "routine", Effect: Lost, DMS: "procedures and functions are not created", Tandem: "they go over with the handover", Source: "practices"}, beside("routine")},
	{Gap{ID: "trigger", Effect: Lost, DMS: "triggers are not created",
		Tandem: "they fire on the side that owns the group, and only there; the link moves them within the handover", Source: "practices"}, beside("trigger")},
	{Gap{ID: "event", Effect: Lost, DMS: "events are not created", Tandem: "they are enabled on the side that owns the groups, and only there", Source: "practices"}, beside("event")},

	{Gap{ID: "timestamp", Effect: Changed, DMS: "TIMESTAMP becomes DATETIME with the time in UTC: what reads it in another time zone reads another time",
		Tandem: "it stays a TIMESTAMP", Source: "source, data types"}, kinds(schema.Timestamp)},
	{Gap{ID: "datetime", Effect: Changed, DMS: "fractions of a second beyond milliseconds are not kept (DATETIME(1) to DATETIME(5) are replicated with milliseconds)",
		Tandem: "every digit is kept", Source: "source, data types"},
		columns(func(_ *schema.Table, c *schema.Column) bool { return c.Kind == schema.DateTime && fraction(c) > 3 })},
	{Gap{ID: "zero-date", Effect: Changed, DMS: "a zero date is recorded as NULL where the target's SQL mode does not take it",
		Tandem: "it arrives as it is; sessions that write have a SQL mode that takes it", Source: "source, data types"}, zeroDates},
	{Gap{ID: "enum-set", Effect: Changed, DMS: "ENUM and SET become VARCHAR: any text is let in, and sorting is another",
		Tandem: "they stay what they are; values are carried by number", Source: "source and target, data types"}, kinds(schema.Enum, schema.Set)},
	{Gap{ID: "json", Effect: Changed, DMS: "JSON becomes a CLOB, that is, LONGTEXT: no check, no functional index, and the rules of LOBs",
		Tandem: "it stays JSON, down to the type of each number", Source: "source and target, data types"}, kinds(schema.JSON)},
	{Gap{ID: "geometry", Effect: Changed, DMS: "spatial types become BLOB: no SRID, no spatial index", Tandem: exactly, Source: "source, data types"}, kinds(schema.Geometry)},
	{Gap{ID: "bit", Effect: Changed, DMS: "BIT becomes BOOLEAN or bytes (VARBINARY)", Tandem: exactly, Source: "source and target, data types"}, kinds(schema.Bit)},
	{Gap{ID: "time", Effect: Changed, DMS: "TIME becomes a string", Tandem: exactly, Source: "source, data types"}, kinds(schema.Time)},
	{Gap{ID: "year", Effect: Changed, DMS: "YEAR becomes SMALLINT", Tandem: exactly, Source: "source and target, data types"}, kinds(schema.Year)},
	{Gap{ID: "float", Effect: Changed, DMS: "FLOAT becomes DOUBLE, within a range", Tandem: "it stays FLOAT, bit for bit", Source: "source, data types"}, kinds(schema.Float)},
	{Gap{ID: "lob", Effect: Changed,
		DMS: "large values are cut off at the size that the task says, which is only logged, or left out as a whole where the task says so; " +
			"a change of nothing but the LOB does not arrive",
		Tandem: "they are copied and streamed whole, and compared", Source: "settings (LobMaxSize, DataTruncationErrorPolicy); source and target, limitations"}, lobs},
	{Gap{ID: "engine", Effect: Changed, DMS: "tables of other engines become InnoDB without a word",
		Tandem: "it refuses them beforehand, with the ALTER TABLE", Source: "source, limitations; mysql-check-table-storage-engine"}, engines},

	{Gap{ID: "name", Effect: Refused, DMS: "names of schemas, tables and columns with a back-tick or a single quote are not supported",
		Tandem: "any name that MySQL takes", Source: "source, limitations"}, oddNames},
	{Gap{ID: "type-not-listed", Effect: Refused, DMS: "the type is not in the list of those that DMS migrates",
		Tandem: "VECTOR is carried bit for bit; what tandem does not know it refuses beforehand", Source: "source, data types"}, kinds(schema.Vector, schema.Unknown)},
	{Gap{ID: "binlog-compression", Effect: Refused, DMS: "compressed transactions in the binlog are not supported",
		Tandem: "they are read", Source: "source, limitations; mysql-check-binlog-compression"},
		func(w *world) []Place {
			if w.compressed {
				return []Place{{Detail: "binlog_transaction_compression is ON"}}
			}
			return nil
		}},
	{Gap{ID: "many-tables", Effect: Refused, DMS: "a task is for 10,000 tables at most", Tandem: "no such limit",
		Source: "mysql-check-10k-tables"},
		func(w *world) []Place {
			if n := len(w.tables); n > 10000 {
				return []Place{{Detail: fmt.Sprintf("%d tables", n)}}
			}
			return nil
		}},

	{Gap{ID: "no-key", Effect: Unproved, DMS: "a table without a primary key or unique index is not validated, and changes are applied to it one by one",
		Tandem: "it is copied from a snapshot, streamed, and compared as a multiset", Source: "mysql-check-pk-validity; mysql-check-batch-apply-target-pk-absence"}, keyless},

	{gap: Gap{ID: "source-stops", Effect: Unproved, DMS: "if the source stops during full load, the task ends successfully, and the target may be out of step",
		Tandem: "the copy goes on at its chunk, or the run ends with an error", Source: "source, limitations"}},
	{gap: Gap{ID: "duplicate-key", Effect: Unproved, DMS: "duplicate keys in full load are not reported",
		Tandem: "every row that is written is counted; one that is off stops the run and is kept with both images", Source: "target, limitations"}},
	{gap: Gap{ID: "missing-row", Effect: Unproved, DMS: "a DELETE that finds no row is ignored by default",
		Tandem: "it stops the run, and is kept with its key", Source: "settings (ApplyErrorDeletePolicy)"}},
	{gap: Gap{ID: "validation", Effect: Unproved, DMS: "rows that go on changing end as Suspended; validation stops after 10,000 failures, a table after 1,000",
		Tandem: "they are looked up at a known position until they stand still; what never does is listed, and is no success", Source: "validation"}},
	{gap: Gap{ID: "ddl", Effect: Lost, DMS: "DROP and RENAME TABLE, and changes of defaults, nullability and character set are not carried; ADD COLUMN always adds at the end",
		Tandem: "statements are applied in their place in the stream, or stop it, as tandem.yaml says", Source: "source, limitations"}},
	{gap: Gap{ID: "gtid", Effect: Unproved, DMS: "GTIDs are not used: the position is a file and an offset, which a failover of the source makes meaningless",
		Tandem: "positions are sets of GTIDs, compared with those of the server at each connect", Source: "source, limitations"}},
	{gap: Gap{ID: "large-binlog", Effect: Refused, DMS: "binlog files above 4 GB, that is, very large transactions, may fail the task",
		Tandem: "a transaction of any size is read in parts", Source: "source, limitations"}},
}

func each(w *world, place func(*schema.Table) []Place) (all []Place) {
	for _, t := range w.tables {
		all = append(all, place(t)...)
	}
	return all
}

// columns finds columns.
func columns(is func(*schema.Table, *schema.Column) bool) func(*world) []Place {
	return func(w *world) []Place {
		return each(w, func(t *schema.Table) (places []Place) {
			for i := range t.Columns {
				if c := &t.Columns[i]; is(t, c) {
					places = append(places, Place{t.Schema, t.Table, c.Name, short(c.Type)})
				}
			}
			return places
		})
	}
}

func kinds(wanted ...schema.Kind) func(*world) []Place {
	return columns(func(_ *schema.Table, c *schema.Column) bool {
		for _, k := range wanted {
			if c.Kind == k {
				return true
			}
		}
		return false
	})
}

func foreignKeys(cascading bool) func(*world) []Place {
	return func(w *world) []Place {
		return each(w, func(t *schema.Table) (places []Place) {
			for i := range t.ForeignKeys {
				if f := &t.ForeignKeys[i]; !cascading || f.Cascades() {
					detail := "to " + f.Parent.String()
					if cascading {
						detail += ", ON DELETE " + f.OnDelete + ", ON UPDATE " + f.OnUpdate
					}
					places = append(places, Place{t.Schema, t.Table, f.Name, detail})
				}
			}
			return places
		})
	}
}

func secondaryIndexes(w *world) []Place {
	return each(w, func(t *schema.Table) (places []Place) {
		seen := map[string]bool{}
		for i := range t.Keys {
			k := &t.Keys[i]
			seen[k.Name] = true
			if k.Primary {
				continue
			}
			detail := ""
			if k.Unique {
				detail = "unique"
			}
			if kind := w.indexTypes[t.Name][k.Name]; kind != "" && kind != "BTREE" {
				detail = strings.ToLower(kind)
			}
			places = append(places, Place{t.Schema, t.Table, k.Name, detail})
		}
		return places
	})
}

func prefixIndexes(w *world) []Place {
	return each(w, func(t *schema.Table) (places []Place) {
		for i := range t.Keys {
			k := &t.Keys[i]
			if kind := w.indexTypes[t.Name][k.Name]; kind == "SPATIAL" || kind == "FULLTEXT" {
				continue
			}
			for _, p := range k.Parts {
				if p.Prefix > 0 && p.Expression == "" {
					places = append(places, Place{t.Schema, t.Table, k.Name, fmt.Sprintf("%s(%d)", t.Columns[p.Column].Name, p.Prefix)})
				}
			}
		}
		return places
	})
}

func withDefault(w *world) []Place {
	return each(w, func(t *schema.Table) (places []Place) {
		for i := range t.Columns {
			if d, is := w.defaults[t.Name][t.Columns[i].Name]; is {
				places = append(places, Place{t.Schema, t.Table, t.Columns[i].Name, "DEFAULT " + short(quoteEmpty(d))})
			}
		}
		return places
	})
}

func quoteEmpty(s string) string {
	if s == "" {
		return "''"
	}
	return s
}

func zeroDates(w *world) []Place {
	return each(w, func(t *schema.Table) (places []Place) {
		for i := range t.Columns {
			if d := w.defaults[t.Name][t.Columns[i].Name]; strings.HasPrefix(d, "0000-00-00") {
				places = append(places, Place{t.Schema, t.Table, t.Columns[i].Name, "DEFAULT " + d})
			}
		}
		return places
	})
}

func partitions(w *world) []Place {
	return each(w, func(t *schema.Table) []Place {
		if method, is := w.partitions[t.Name]; is {
			return []Place{{t.Schema, t.Table, "", "by " + method}}
		}
		return nil
	})
}

func engines(w *world) []Place {
	return each(w, func(t *schema.Table) []Place {
		if !strings.EqualFold(t.Engine, "InnoDB") {
			return []Place{{t.Schema, t.Table, "", t.Engine}}
		}
		return nil
	})
}

func keyless(w *world) []Place {
	return each(w, func(t *schema.Table) []Place {
		for i := range t.Keys {
			if t.Keys[i].Primary || t.Keys[i].Unique {
				return nil
			}
		}
		return []Place{{Schema: t.Schema, Table: t.Table}}
	})
}

func beside(kind string) func(*world) []Place {
	return func(w *world) []Place { return w.beside[kind] }
}

func oddNames(w *world) []Place {
	odd := func(s string) bool { return strings.ContainsAny(s, "`'") }
	return each(w, func(t *schema.Table) (places []Place) {
		if odd(t.Schema) || odd(t.Table) {
			places = append(places, Place{Schema: t.Schema, Table: t.Table})
		}
		for i := range t.Columns {
			if odd(t.Columns[i].Name) {
				places = append(places, Place{Schema: t.Schema, Table: t.Table, Name: t.Columns[i].Name})
			}
		}
		return places
	})
}

var largeType = regexp.MustCompile(`^(tiny|medium|long)?(blob|text)\b|^json\b|^geom|^(multi)?(point|linestring|polygon)\b`)

func lobs(w *world) []Place {
	return columns(func(_ *schema.Table, c *schema.Column) bool {
		switch largeType.FindString(strings.ToLower(c.Type)) {
		case "mediumblob", "longblob", "mediumtext", "longtext", "json":
			return true
		}
		return false
	})(w)
}

// fraction is how many digits of a second a column has.
func fraction(c *schema.Column) int {
	_, rest, ok := strings.Cut(c.Type, "(")
	if !ok {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSuffix(rest, ")")) // none is 0
	return n
}
