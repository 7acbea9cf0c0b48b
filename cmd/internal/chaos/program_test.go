package chaos

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"tandem/cmd/internal/cli"
	"tandem/plans/runner"
	"tandem/replicate"
	"tandem/replicate/applier"
)

// knobs are what a life of the program has that a user can not set. They travel
// in programVariable.
type knobs struct {
	// Fault strikes when Point is reached for the Nth time.
	Fault strike `json:"fault"`
	// Trace is a file to which the name of every point is added that is reached.
	Trace string `json:"trace"`
	// Ask is where the program says that it has come to a point of a handover, and
	// waits until it may go on; see calls.
	Ask string `json:"ask"`
	// Patience is how long a runner asks a side again whose answer decides.
	Patience time.Duration `json:"patience"`
	// Lanes and Tuning are passed on to the link.
	Lanes  int            `json:"lanes"`
	Tuning applier.Tuning `json:"tuning"`
}

// strike is something that happens at a named point of the program.
type strike struct {
	Point string `json:"point"`
	Nth   int    `json:"nth"`
	// Do is kill (SIGKILL) or stop (SIGSTOP).
	Do string `json:"do"`
}

func (f strike) String() string { return fmt.Sprintf("%s at %q, time %d", f.Do, f.Point, f.Nth) }

// program is tandem's main function, with the knobs turned.
func program() int {
	var k knobs
	if err := json.Unmarshal([]byte(os.Getenv(programVariable)), &k); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", programVariable, err)
		return 2
	}
	go dieWithParent()
	hook := newHook(k)
	return cli.Main(cli.Process{
		Args: os.Args[1:], Env: os.Getenv, LookupEnv: os.LookupEnv,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Tune: func(cfg *replicate.Config) {
			cfg.Hook = hook.reached
			cfg.Tuning = k.Tuning
			cfg.DeferFrom = 1 // the tables here are small
			if k.Lanes > 0 {
				cfg.Lanes = k.Lanes
			}
		},
		TuneRun: func(cfg *runner.Config) {
			cfg.Hook, cfg.Patience = func(point string) { hook.ask("run: " + point) }, k.Patience
		},
	})
}

// dieWithParent ends the program when the pipe that the tests hold open closes.
func dieWithParent() {
	_, _ = os.NewFile(3, "parent").Read(make([]byte, 1)) // nothing is ever sent
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)       // one's own process is there
}

// hook is what the engine calls at its named points.
type hook struct {
	knobs

	mu   sync.Mutex
	seen []string
	left int
}

func newHook(k knobs) *hook { return &hook{knobs: k, left: max(1, k.Fault.Nth)} }

func (h *hook) reached(point string) {
	if strings.Contains(point, "crossing-") {
		h.ask("link: " + point)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.Trace != "" && !slices.Contains(h.seen, point) {
		h.seen = append(h.seen, point)
		h.trace(point)
	}
	if h.Fault.Point != point {
		return
	}
	if h.left--; h.left != 0 {
		return
	}
	switch h.Fault.Do {
	case "stop":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // one's own process is there
	default:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // as above
		select {}                                      // it comes at once, but not before the next line
	}
}

// ask says that a point is reached, and waits for leave to go on. A test that is
// gone gives it, too.
func (h *hook) ask(point string) {
	if h.Ask == "" {
		return
	}
	conn, err := net.Dial("tcp", h.Ask)
	if err != nil {
		return
	}
	defer conn.Close()
	if _, err := fmt.Fprintln(conn, point); err == nil {
		_, _ = conn.Read(make([]byte, 1)) // nothing is ever sent: it ends
	}
}

// trace adds one line. A failure shows as a point that was never reached.
func (h *hook) trace(point string) {
	file, err := os.OpenFile(h.Trace, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	_, _ = file.WriteString(strings.TrimSpace(point) + "\n") // as above
}
