package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Server is one running mysqld (or one that was stopped and can be restarted).
type Server struct {
	// Port is the loopback port it listens on.
	Port int
	// Socket is its private socket, through which root comes without password.
	Socket string

	opts  Options
	place place
	// scratch is set when the directory was made for this server.
	scratch *scratch

	mu        sync.Mutex
	process   process
	container *container
	root      *sql.DB
}

// startTimeout is how long a mysqld may take to be ready. It takes about one
// second; a machine that is short of everything may need much longer.
const startTimeout = 3 * time.Minute

// errPortTaken says that somebody took the port between our choosing it and
// mysqld's binding it.
var errPortTaken = errors.New("port taken")

// Start starts a server and returns when it answers, its users created.
func Start(ctx context.Context, opts Options) (*Server, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	s, err := start(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("start the %s server: %w", opts.Name, err)
	}
	return s, nil
}

func start(ctx context.Context, opts Options) (_ *Server, err error) {
	began := time.Now()
	s := &Server{opts: opts}
	if s.opts.Dir == "" {
		if s.scratch, err = newScratch("tandem-"+opts.Name+"-", opts.detach); err != nil {
			return nil, err
		}
		s.opts.Dir = s.scratch.dir
	}
	defer func() {
		if err != nil {
			s.mustRelease()
		}
	}()
	if s.opts.Install.Image != "" {
		if err := s.startContainer(ctx); err != nil {
			return nil, err
		}
	} else if err := s.startLocal(ctx); err != nil {
		return nil, err
	}
	db, err := s.RootDB()
	if err != nil {
		return nil, err
	}
	if err := createUsers(ctx, db, s.opts); err != nil {
		return nil, err
	}
	s.opts.Log.Info("server started", slog.String("server", s.opts.Name), slog.String("version", s.opts.Install.Number()),
		slog.Int("port", s.Port), slog.Duration("took", time.Since(began)))
	return s, nil
}

// startLocal copies the template and runs mysqld on it, on another port if the
// one it chose was taken meanwhile.
func (s *Server) startLocal(ctx context.Context) error {
	from, err := template(ctx, s.opts.Install)
	if err != nil {
		return err
	}
	if s.place, err = newPlace(s.opts.Dir); err != nil {
		return err
	}
	s.Socket = s.place.socket
	if err := copyTree(s.place.data, from); err != nil {
		return fmt.Errorf("copy the template data directory: %w", err)
	}
	fixed := s.opts.Port != 0
	for attempt := 0; ; attempt++ {
		if !fixed {
			if s.opts.Port, err = s.opts.choosePort(); err != nil {
				return err
			}
		}
		s.Port = s.opts.Port
		err = s.launch(ctx)
		if fixed || attempt == 5 || !errors.Is(err, errPortTaken) {
			return err
		}
	}
}

// launch runs mysqld on its data directory and waits until it answers.
func (s *Server) launch(ctx context.Context) error {
	// A killed server leaves its socket and the lock on it. mysqld believes the
	// lock while a process of that id is there, even one that waits to be reaped.
	for _, stale := range []string{s.place.socket, s.place.socket + ".lock"} {
		if err := removeIfThere(stale); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(s.place.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	offset, err := log.Seek(0, 2)
	if err != nil {
		return err
	}
	argv := append([]string{s.opts.Install.Mysqld}, placeArgs(s.opts, s.place)...)
	argv = append(argv, mysqldArgs(s.opts)...)
	started, err := startChild(argv, log, s.opts.detach)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.process = started
	s.mu.Unlock()
	if err := s.waitReady(ctx, started.done); err != nil {
		_ = started.kill()
		return s.explain(err, offset)
	}
	return nil
}

// waitReady waits until root can talk to the server, or until gone is closed.
// mysqld binds its port before it opens the socket, so both are there then.
func (s *Server) waitReady(ctx context.Context, gone <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	db, err := s.RootDB()
	if err != nil {
		return err
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-gone:
			return errors.New("mysqld ended while starting")
		case <-ctx.Done():
			return fmt.Errorf("mysqld does not answer: %w (last: %v)", context.Cause(ctx), err)
		case <-tick.C:
		}
	}
}

// explain adds what mysqld wrote to its log since the given offset.
func (s *Server) explain(err error, offset int64) error {
	log, readErr := os.ReadFile(s.place.log)
	if readErr != nil || int64(len(log)) < offset {
		return err
	}
	var problems []string
	for line := range strings.Lines(string(log[offset:])) {
		if strings.Contains(line, "ERROR") {
			problems = append(problems, strings.TrimSpace(line))
		}
	}
	text := strings.Join(problems, "\n")
	if strings.Contains(text, "Bind on TCP/IP port") || strings.Contains(text, "Address already in use") {
		err = fmt.Errorf("%w: %w %d", err, errPortTaken, s.opts.Port)
	}
	if text == "" {
		text = lastLines(string(log[offset:]), 5)
	}
	return fmt.Errorf("%w; %s says:\n%s", err, s.place.log, text)
}

// Stop shuts the server down in order; when ctx ends first, it is killed. Its
// data stays: see Restart and Close.
func (s *Server) Stop(ctx context.Context) error {
	return s.end(func(p process) error { return p.terminate(ctx) }, func(c *container) error { return c.stop(ctx) })
}

// Kill ends the server with SIGKILL, as a crash would.
func (s *Server) Kill() error {
	return s.end(process.kill, (*container).kill)
}

func (s *Server) end(local func(process) error, remote func(*container) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root != nil {
		s.root.Close()
		s.root = nil
	}
	var err error
	switch {
	case s.container != nil:
		err = remote(s.container)
	case s.process != nil && s.process.running():
		err = local(s.process)
	}
	if err != nil {
		return fmt.Errorf("stop the %s server: %w", s.opts.Name, err)
	}
	return nil
}

// Restart stops the server if it runs and starts it again, on the same port and
// data.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(ctx); err != nil {
		return err
	}
	if s.container != nil {
		if err := s.container.start(ctx); err != nil {
			return fmt.Errorf("restart the %s server: %w", s.opts.Name, err)
		}
		return s.waitReady(ctx, nil)
	}
	if err := s.launch(ctx); err != nil {
		return fmt.Errorf("restart the %s server: %w", s.opts.Name, err)
	}
	return nil
}

// Close stops the server and removes its directory if it was made for it; then
// there is no orderly shutdown, as nobody will see the data.
func (s *Server) Close(ctx context.Context) error {
	end := func() error { return s.Stop(ctx) }
	if s.scratch != nil {
		end = s.Kill
	}
	err := end()
	return errors.Join(err, s.removeFiles())
}

// mustRelease undoes a half-done start; the error that led here is what counts.
func (s *Server) mustRelease() {
	_ = s.Kill()
	_ = s.removeFiles()
}

func (s *Server) removeFiles() error {
	var errs []error
	if s.container != nil {
		errs = append(errs, s.container.remove())
	}
	if s.place.socketDir != "" {
		errs = append(errs, os.RemoveAll(s.place.socketDir))
	}
	if s.scratch != nil {
		errs = append(errs, s.scratch.remove())
	}
	return errors.Join(errs...)
}

// Running reports whether the server process is there.
func (s *Server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.container != nil {
		return s.container.running()
	}
	return s.process != nil && s.process.running()
}

// PID is the process id of mysqld, 0 if it does not run here.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || !s.process.running() {
		return 0
	}
	return s.process.id()
}

// Name is what the server is called in messages.
func (s *Server) Name() string { return s.opts.Name }

// Role is the side it plays.
func (s *Server) Role() Role { return s.opts.Role }

// Install is what it runs.
func (s *Server) Install() Install { return s.opts.Install }

// Dir holds its data and its error.log.
func (s *Server) Dir() string { return s.opts.Dir }

// DataDir is its data directory, empty for a container.
func (s *Server) DataDir() string { return s.place.data }

// ErrorLog is the path of its log.
func (s *Server) ErrorLog() string { return filepath.Join(s.opts.Dir, "error.log") }
