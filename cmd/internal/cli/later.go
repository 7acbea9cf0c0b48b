package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

var errNotBuilt = errors.New("not built yet")

// laterCommands are the verbs tandem will have. They are hidden, and there so
// that who reads of them learns that they are not built rather than misspelt.
func laterCommands() []*cobra.Command {
	var list []*cobra.Command
	for _, verb := range []struct{ name, short string }{
		{"report", "Write down what a run did"},
	} {
		list = append(list, &cobra.Command{
			Use: verb.name, Short: verb.short, Hidden: true, DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error {
				return fmt.Errorf("tandem %s is %w", verb.name, errNotBuilt)
			},
		})
	}
	return list
}
