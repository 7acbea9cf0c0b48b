// Command tandem moves a live MySQL database from Cloud SQL to Aurora MySQL,
// with both sides kept in step and a way back at every step.
package main

import (
	"os"

	"tandem/cmd/internal/cli"
)

func main() {
	os.Exit(cli.Main(cli.Process{
		Args: os.Args[1:], Env: os.Getenv, LookupEnv: os.LookupEnv,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}
