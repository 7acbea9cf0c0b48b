package cli

import (
	"github.com/spf13/cobra"
)

func newSandboxCommand(a *app) *cobra.Command {
	cmd := parent(&cobra.Command{
		Use:   "sandbox",
		Short: "Throwaway pairs of real MySQL servers on this machine",
	})
	_ = a
	return cmd
}
