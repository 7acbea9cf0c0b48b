package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// container is a server that runs in Docker, for machines where neither a
// mysqld nor Debian's packages are to be had (macOS, say).
type container struct{ name string }

// dockerImage is the official image for a wanted version.
func dockerImage(want Version) string {
	if want == Any {
		return "mysql:9"
	}
	return "mysql:" + string(want)
}

// inspectDocker asks the engine whether it is there and what the image holds.
// The image is pulled if need be.
func inspectDocker(ctx context.Context, want Version) (Install, error) {
	if _, err := exec.LookPath("docker"); err != nil {
		return Install{}, fmt.Errorf("not installed")
	}
	if _, err := docker(ctx, nil, "version", "--format", "{{.Server.Version}}"); err != nil {
		return Install{}, fmt.Errorf("no engine answers")
	}
	image := dockerImage(want)
	out, err := docker(ctx, nil, "run", "--rm", "--entrypoint", "mysqld", image, "--version")
	if err != nil {
		return Install{}, err
	}
	install := Install{Image: image, Origin: "docker"}
	install.Major, install.Minor, install.Patch, err = parseVersion(out)
	return install, err
}

// docker runs the client program. Secrets go through its environment, which
// "-e NAME" without a value passes on, and so never stand in its arguments.
func docker(ctx context.Context, environment []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Env = append(os.Environ(), environment...)
	out, err := cmd.CombinedOutput()
	text := strings.TrimSpace(string(out))
	if err != nil {
		return "", fmt.Errorf("docker %s: %w: %s", args[0], err, lastLines(text, 3))
	}
	return text, nil
}

// startContainer runs the image with the same options as a local server. The
// port is chosen here and not by the engine, which would choose another one at
// each restart.
func (s *Server) startContainer(ctx context.Context) (err error) {
	if s.opts.Port == 0 {
		if s.opts.Port, err = s.opts.choosePort(); err != nil {
			return err
		}
	}
	s.Port = s.opts.Port
	name := strings.TrimRight(filepath.Base(s.opts.Dir)+"-"+s.opts.Name, "-") + "-" + s.opts.Password[:6]
	args := []string{"run", "--detach", "--name", name,
		"--publish", "127.0.0.1:" + strconv.Itoa(s.Port) + ":3306",
		"--env", "MYSQL_ROOT_PASSWORD", s.opts.Install.Image}
	args = append(args, mysqldArgs(s.opts)...)
	if _, err := docker(ctx, []string{"MYSQL_ROOT_PASSWORD=" + s.opts.Password}, args...); err != nil {
		return err
	}
	s.container = &container{name: name}
	return s.waitReady(ctx, nil)
}

func (c *container) start(ctx context.Context) error {
	_, err := docker(ctx, nil, "start", c.name)
	return err
}

func (c *container) running() bool {
	out, err := docker(context.Background(), nil, "inspect", "--format", "{{.State.Running}}", c.name)
	return err == nil && out == "true"
}

func (c *container) stop(ctx context.Context) error {
	_, err := docker(ctx, nil, "stop", c.name)
	return err
}

func (c *container) kill() error {
	_, err := docker(context.Background(), nil, "kill", c.name)
	return err
}

func (c *container) remove() error {
	_, err := docker(context.Background(), nil, "rm", "--force", "--volumes", c.name)
	return err
}

// exec is a client program inside the container.
func (c *container) exec(ctx context.Context, program, password string, args []string) *exec.Cmd {
	base := []string{"exec", "--interactive", "--env", "MYSQL_PWD", c.name, program, "--no-defaults", "--user=root", "--default-character-set=binary"}
	cmd := exec.CommandContext(ctx, "docker", append(base, args...)...)
	cmd.Env = append(os.Environ(), "MYSQL_PWD="+password)
	return cmd
}
