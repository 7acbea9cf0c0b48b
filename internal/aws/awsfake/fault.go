package awsfake

import "net/http"

// Kind is what goes wrong.
type Kind string

// What can go wrong with a call.
const (
	None        Kind = ""
	Throttled   Kind = "throttled"
	Unavailable Kind = "unavailable" // 503
	Internal    Kind = "internal"    // 500
	Denied      Kind = "denied"
	Busy        Kind = "busy"       // the cluster or instance is in a state in which it can not be done
	CutBefore   Kind = "cut before" // the connection ends, and nothing was done
	CutAfter    Kind = "cut after"  // it was done, and the connection ends without an answer
	CutInside   Kind = "cut inside" // it was done, and the connection ends inside the answer
	Custom      Kind = "custom"     // Code, Message and Status of the fault
	Ending      Kind = "ending"     // it begins well and ends in the state that Ends says
)

// Fault is something that goes wrong.
type Fault struct {
	// Action is the IAM action of the calls it is for; empty for all.
	Action string
	Kind   Kind
	// Skip lets so many through first; Times is how many fail, 0 for one, -1 for
	// all that come.
	Skip, Times int
	// Code, Message and Status are those of a Custom fault.
	Code, Message string
	Status        int
	// Ends is the status in which what was begun ends, such as failed.
	Ends string
}

// Fail lets something go wrong. Faults for the same action come one after the other.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		if f.Times == 0 {
			f.Times = 1
		}
		s.faults = append(s.faults, f)
	}
}

// Heal forgets the faults that have not happened yet.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault takes the next one for a call.
func (s *Server) fault(action string) Fault {
	for i := range s.faults {
		f := &s.faults[i]
		if f.Action != "" && f.Action != action || f.Times == 0 {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			return Fault{}
		}
		if f.Times > 0 {
			f.Times--
		}
		return *f
	}
	return Fault{}
}

// problem is an error that a service answers with.
type problem struct {
	status        int
	code, message string
}

func (f Fault) problem(c Call) *problem {
	switch f.Kind {
	case Throttled:
		switch c.Service {
		case "s3":
			return &problem{http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate."}
		case "secretsmanager":
			return &problem{http.StatusBadRequest, "ThrottlingException", "Rate exceeded"}
		}
		return &problem{http.StatusBadRequest, "Throttling", "Rate exceeded"}
	case Unavailable:
		return &problem{http.StatusServiceUnavailable, "ServiceUnavailable", "The service is unavailable. Please try again shortly."}
	case Internal:
		return &problem{http.StatusInternalServerError, "InternalFailure", "An internal error has occurred."}
	case Denied:
		message := "User: arn:aws:iam::" + Account + ":user/tandem is not authorized to perform: " + c.Action + " on resource: " + c.Resource
		if c.Service == "secretsmanager" {
			return &problem{http.StatusBadRequest, "AccessDeniedException", message}
		}
		return &problem{http.StatusForbidden, "AccessDenied", message}
	case Busy:
		switch c.Service {
		case "route53":
			return &problem{http.StatusBadRequest, "PriorRequestNotComplete", "The request was rejected because Route 53 was still processing a prior request."}
		case "s3":
			return &problem{http.StatusConflict, "ConditionalRequestConflict", "The conditional request cannot succeed due to a conflicting operation."}
		}
		if onInstance(c.Operation) {
			return &problem{http.StatusBadRequest, "InvalidDBInstanceState", "The instance is not in a state in which this can be done."}
		}
		return &problem{http.StatusBadRequest, "InvalidDBClusterStateFault", "The cluster is not in a state in which this can be done."}
	case Custom:
		return &problem{f.Status, f.Code, f.Message}
	}
	return nil
}

func onInstance(operation string) bool {
	switch operation {
	case "RebootDBInstance", "CreateDBInstance", "DeleteDBInstance":
		return true
	}
	return false
}
