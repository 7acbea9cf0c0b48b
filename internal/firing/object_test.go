package firing

import (
	"strings"
	"testing"

	"tandem/internal/schema"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	other := schema.Name{Schema: "_tandem", Table: "x"}
	for _, c := range []struct {
		name string
		o    Object
		f    form
		want string
	}{
		{"as it was", Object{Kind: Trigger, Definer: "a@%", Statement: "CREATE DEFINER=`a`@`%` trigger  tr /* c */ before insert ON t FOR EACH ROW SET @a='DEFINER=ON'"},
			form{definer: "a@%"}, "CREATE DEFINER=`a`@`%` trigger  tr /* c */ before insert ON t FOR EACH ROW SET @a='DEFINER=ON'"},
		{"somebody else", Object{Kind: Trigger, Definer: "a@%", Statement: "CREATE DEFINER=\"a\"@\"%\" TRIGGER d.tr BEFORE INSERT ON d.t FOR EACH ROW BEGIN END"},
			form{definer: "o'neil@10.%"}, "CREATE DEFINER='o''neil'@'10.%' TRIGGER d.tr BEFORE INSERT ON d.t FOR EACH ROW BEGIN END"},
		{"nobody", Object{Kind: Procedure, Definer: "a@%", Statement: "CREATE DEFINER=`a`@`%` PROCEDURE `p`()\nSELECT 1"},
			form{}, "CREATE DEFINER=CURRENT_USER PROCEDURE `p`()\nSELECT 1"},
		{"elsewhere", Object{Kind: Trigger, Definer: "a@%", Statement: "CREATE DEFINER=`a`@`%` TRIGGER `on` AFTER DELETE ON `for each row` FOR EACH ROW SET @on=1"},
			form{definer: "a@%", name: &other, table: &other}, "CREATE DEFINER=`a`@`%` TRIGGER `_tandem`.`x` AFTER DELETE ON `_tandem`.`x` FOR EACH ROW SET @on=1"},
		{"in front", Object{Kind: Trigger, Definer: "a@%", Statement: "CREATE DEFINER=`a`@`%` TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @a=1"},
			form{definer: "a@%", before: "z`"}, "CREATE DEFINER=`a`@`%` TRIGGER tr BEFORE INSERT ON t FOR EACH ROW PRECEDES `z``` SET @a=1"},
		{"enabled", Object{Kind: Event, Definer: "a@%", Statement: "CREATE DEFINER=`a`@`%` EVENT `enable` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DISABLE ON SLAVE COMMENT 'ENABLE DO' DO SET @a=1"},
			form{definer: "a@%", status: enabled}, "CREATE DEFINER=`a`@`%` EVENT `enable` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE ENABLE COMMENT 'ENABLE DO' DO SET @a=1"},
		{"a view", Object{Kind: View, Definer: "a@%", Statement: "CREATE ALGORITHM=MERGE DEFINER=`a`@`%` SQL SECURITY INVOKER VIEW `d`.`v` AS select 1 AS `1`"},
			form{definer: "b@h"}, "CREATE ALGORITHM=MERGE DEFINER='b'@'h' SQL SECURITY INVOKER VIEW `d`.`v` AS select 1 AS `1`"},
	} {
		got, err := c.o.create(c.f)
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v\nwant %s", c.name, got, err, c.want)
		}
	}
	if _, err := (&Object{Kind: Trigger, Statement: "CREATE TRIGGER"}).create(form{}); err == nil || !strings.Contains(err.Error(), "can not be read") {
		t.Errorf("nonsense: %v", err)
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	event := func(definer, status, body, mode string) *Object {
		return &Object{Kind: Event, SQLMode: mode, Status: status,
			Statement: "CREATE DEFINER=`" + definer + "`@`%` EVENT `e` ON SCHEDULE EVERY 1 DAY " + status[:len(status)-1] + " DO " + body}
	}
	a := event("a", enabled, "SET @a=1", "NO_AUTO_CREATE_USER,ANSI_QUOTES")
	for _, c := range []struct {
		b    *Object
		want bool
	}{
		{event("b", disabled, "SET @a=1", "ANSI_QUOTES"), true},
		{event("a", enabled, "SET @a=2", "ANSI_QUOTES"), false},
		{event("a", enabled, "SET @a=1", "PIPES_AS_CONCAT"), false},
	} {
		if a.same(c.b) != c.want {
			t.Errorf("%+v", c.b)
		}
	}
}
