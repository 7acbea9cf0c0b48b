package preflight

import (
	"context"
	"fmt"
	"strings"
)

// defaults are variables by which the same statement of an application may do
// another thing.
var defaults = []string{
	"character_set_server", "collation_server", "default_collation_for_utf8mb4", "explicit_defaults_for_timestamp", "innodb_strict_mode",
	"group_concat_max_len", "transaction_isolation", "auto_increment_increment", "div_precision_increment", "ft_min_word_len",
	"innodb_ft_min_token_size", "innodb_rollback_on_timeout", "sql_auto_is_null", "completion_type", "default_week_format", "lc_time_names",
}

// checkServerDefaults compares what applications' sessions begin with.
func checkServerDefaults(_ context.Context, s *state) ([]Finding, error) {
	from, to := s.on(Source), s.on(Target)
	var differ, set []string
	for _, name := range defaults {
		a, knownA := value(from, name)
		b, knownB := value(to, name)
		if !knownA || !knownB || a == b {
			continue
		}
		differ = append(differ, fmt.Sprintf("%s is %s on the source, %s on the target", name, a, b))
		set = append(set, name, a)
	}
	if len(differ) == 0 {
		return nil, nil
	}
	fix := to.set(set[0], set[1])
	if to.cluster() != nil {
		fix = to.setParameter(set...)
	} else if len(set) > 2 {
		fix += ", and so on"
	}
	return one(Warn, "the servers begin sessions with other settings: after a handover the same statements may do other things", list(differ), fix)
}

// value returns a variable as current servers spell it.
func value(v *server, name string) (string, bool) {
	text, known := v.vars[name]
	if !known && name == "transaction_isolation" {
		text, known = v.vars["tx_isolation"]
	}
	if rest, ok := strings.CutPrefix(text, "utf8_"); ok {
		text = "utf8mb3_" + rest
	} else if text == "utf8" {
		text = "utf8mb3"
	}
	return text, known
}
