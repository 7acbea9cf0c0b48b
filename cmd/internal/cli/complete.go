package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// completeFlag lets shells complete the values of a flag.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		// The flag was not defined, which every run of any verb would show.
		cmd.PreRunE = func(*cobra.Command, []string) error { return fmt.Errorf("complete --%s: %w", flag, err) }
	}
}
