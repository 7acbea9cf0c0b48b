package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newPlanCommand(a *app) *cobra.Command {
	cmd := parent(&cobra.Command{
		Use:   "plan",
		Short: "Write and look over the plan of a handover",
	})
	cmd.AddCommand(newPlanInitCommand(a), newPlanLintCommand(a), newPlanShowCommand(a), newPlanSchemaCommand(a),
		newPlanRunCommand(a), newPlanApproveCommand(a), newPlanResumeCommand(a), newPlanAbortCommand(a))
	for _, verb := range []struct{ name, short string }{
		{"repair", "Say what is true after an unknown outcome"},
	} {
		cmd.AddCommand(&cobra.Command{
			Use: verb.name, Short: verb.short, Hidden: true, DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error {
				return fmt.Errorf("tandem plan %s is %w", verb.name, errNotBuilt)
			},
		})
	}
	return cmd
}
