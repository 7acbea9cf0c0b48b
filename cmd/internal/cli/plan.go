package cli

import "github.com/spf13/cobra"

func newPlanCommand(a *app) *cobra.Command {
	cmd := parent(&cobra.Command{
		Use:   "plan",
		Short: "Plan a handover, and run it",
	})
	cmd.AddCommand(newPlanInitCommand(a), newPlanLintCommand(a), newPlanShowCommand(a), newPlanSchemaCommand(a),
		newPlanRunCommand(a), newPlanApproveCommand(a), newPlanResumeCommand(a), newPlanAbortCommand(a), newPlanRepairCommand(a), newPlanFinishCommand(a))
	return cmd
}
