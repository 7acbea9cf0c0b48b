package preflight

import "context"

// checkEnhancedBinlog warns of Aurora's enhanced binlog, whose files begin anew
// after a restore and on a clone.
func checkEnhancedBinlog(_ context.Context, _ *state, v *server) ([]Finding, error) {
	if _, known := v.vars["aurora_enhanced_binlog"]; !known && v.flavour() != "Aurora" {
		return none("not Aurora")
	}
	if !v.vars.on("aurora_enhanced_binlog") {
		return nil, nil
	}
	return one(Warn, "enhanced binlog is on: after a restore, and on a clone, the log begins anew, and links do not find their position", seen("aurora_enhanced_binlog", "ON"),
		v.set("aurora_enhanced_binlog", "0")+"; or never restore this cluster while links read it")
}
