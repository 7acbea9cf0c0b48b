package config

import (
	"fmt"
	"regexp"
	"strings"
)

// Password says where a password comes from. At most one of the keys is given;
// with none of them tandem logs in without a password.
type Password struct {
	Env     string   `yaml:"env"`     // a variable that holds it
	File    Path     `yaml:"file"`    // a file that holds it and nothing else
	Command []string `yaml:"command"` // a program that prints it, and its arguments
	Secret  string   `yaml:"secret"`  // gcp:// or aws://
	IAM     bool     `yaml:"iam"`     // a token of the cloud's own

	key string
}

func (*Password) alternatives() [][]string {
	return [][]string{{"env"}, {"file"}, {"command"}, {"secret"}, {"iam"}}
}

func (p Password) isZero() bool {
	return p.Env == "" && p.File == "" && len(p.Command) == 0 && p.Secret == "" && !p.IAM
}

// refuseScalar is asked when there is a plain value where the providers go.
func (*Password) refuseScalar() (message, hint string) {
	return "a password itself may not stand here",
		"say where to get it: password: {env: NAME}, {file: PATH}, {command: [PROGRAM, ARG]}, {secret: \"gcp://…\"} or {iam: true}"
}

// fromVariable makes TANDEM_SOURCE_PASSWORD and the like hold the password
// itself. Its name is kept, not its value.
func (p *Password) fromVariable(name string) { p.Env = name }

var (
	variablePattern  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	gcpSecretPattern = regexp.MustCompile(`^gcp://projects/[^/]+/secrets/[A-Za-z0-9_-]+(/versions/([0-9]+|latest))?$`)
	awsSecretPattern = regexp.MustCompile(`^aws://([a-z]{2}(-[a-z]+)+-[0-9]/[A-Za-z0-9/_+=.@-]+|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+)(#[A-Za-z0-9_.-]+)?$`)
)

func (p *Password) validate(path string, c *checker) {
	if c.failed(path) {
		return
	}
	if p.Env != "" && !variablePattern.MatchString(p.Env) {
		// Somebody may have written the password here, so it is not repeated.
		c.mask(path+".env", p.Env)
		c.add(path+".env", "this is not the name of an environment variable", "write the variable's name, without $, not its value")
	}
	if len(p.Command) > 0 && p.Command[0] == "" {
		c.add(path+".command", "the program's name is empty", `write command: ["pass", "show", "tandem"]`)
	}
	if p.Secret == "" {
		return
	}
	at := path + ".secret"
	switch {
	case strings.HasPrefix(p.Secret, "gcp://"):
		if !gcpSecretPattern.MatchString(p.Secret) {
			c.add(at, fmt.Sprintf("%q does not name a secret of Google Cloud", p.Secret),
				"write gcp://projects/PROJECT/secrets/NAME, with /versions/N for a certain version")
		}
	case strings.HasPrefix(p.Secret, "aws://"):
		if !awsSecretPattern.MatchString(p.Secret) {
			c.add(at, fmt.Sprintf("%q does not name a secret of AWS", p.Secret),
				"write aws://REGION/NAME or aws://ARN, with #key for one key of a JSON secret")
		}
	default:
		c.mask(path+".secret", p.Secret)
		c.add(at, "a secret is named by gcp:// or aws://", "write gcp://projects/PROJECT/secrets/NAME or aws://REGION/NAME")
	}
}
