package gcpfake

// Fault makes calls of a method fail.
type Fault struct {
	// API is the method's name, such as sql.instances.patch; empty for every one.
	API string
	// Status is the answer's, such as 429 or 503; 0 cuts the connection.
	Status int
	// Reason is the cloud's own word, such as rateLimitExceeded.
	Reason, Message string
	// RetryAfter is the header, in seconds.
	RetryAfter string
	// Times is how many calls fail; 0 means one, less all of them.
	Times int
	// After does what was asked and loses the answer only.
	After bool
}

func (f *Fault) message() string {
	if f.Message != "" {
		return f.Message
	}
	return "planted by the test"
}

// Fail plants a fault. Of several for a method the first is used up first.
func (s *Server) Fail(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

func (s *Server) fault(api string) *Fault {
	for _, f := range s.faults {
		if f.Times != 0 && (f.API == "" || f.API == api) {
			if f.Times > 0 {
				f.Times--
			}
			return f
		}
	}
	return nil
}

// Heal takes every fault away that is left.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.broken, s.polls = nil, map[string]string{}, 0
}

// Deny takes permissions from the client; without any it has all again.
func (s *Server) Deny(permissions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = map[string]bool{}
	for _, p := range permissions {
		s.denied[p] = true
	}
}

// Before calls f once, before the next call of a method is answered: so another
// hand changes something between two calls of the client.
func (s *Server) Before(api string, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before[api] = append(s.before[api], f)
}

// SlowOperations lets operations that begin from now on need so many calls of the
// admin API until they are done.
func (s *Server) SlowOperations(polls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls = polls
}

// TellAtOnce lets an instance tell new settings when their operation begins, though
// they hold once it is done.
func (s *Server) TellAtOnce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.eager = true
}

// FailOperation lets operations of a type (UPDATE, BACKUP_VOLUME, CLONE, DELETE,
// DELETE_BACKUP, UPDATE_USER) fail after they began; with an empty message they
// work again.
func (s *Server) FailOperation(kind, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if message == "" {
		delete(s.broken, kind)
		return
	}
	s.broken[kind] = message
}

// OnClone says which server is behind a clone: f is given the connection names of
// the source and the clone, and returns an address. Otherwise a clone has the
// backend of its source.
func (s *Server) OnClone(f func(source, clone string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onClone = f
}
