package awsfake

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// maxParameters is how many one call may change.
const maxParameters = 20

// AddGroup adds a cluster parameter group.
func (s *Server) AddGroup(g Group) {
	fill(&g.Region, Region)
	for i := range g.Parameters {
		p := &g.Parameters[i]
		if p.Value != nil {
			fill(&p.Source, "user")
		}
		fill(&p.Source, "engine-default")
	}
	s.Do(func(st *State) { st.Groups[g.Region+"/"+g.Name] = &g })
}

func (c *rdsCall) group() (*Group, *problem) {
	name := c.get("DBClusterParameterGroupName")
	group := c.state.Groups[c.region+"/"+name]
	if group == nil {
		return nil, notFound("DBParameterGroupNotFound", "DBClusterParameterGroup", name)
	}
	return group, nil
}

func (c *rdsCall) describeParameters() (any, *problem) {
	group, p := c.group()
	if p != nil {
		return nil, p
	}
	var list []xmlParameter
	for _, p := range group.Parameters {
		apply := "dynamic"
		if p.Static {
			apply = "static"
		}
		list = append(list, xmlParameter{p.Name, p.Value, apply, p.Modifiable, p.Source, p.Method})
	}
	part, marker := page(c, list)
	return struct {
		Parameters []xmlParameter `xml:"Parameters>Parameter"`
		Marker     string         `xml:",omitempty"`
	}{part, marker}, nil
}

func (c *rdsCall) modifyParameters() (any, *problem) { return c.changeParameters(false) }

func (c *rdsCall) resetParameters() (any, *problem) {
	if c.get("ResetAllParameters") == "true" {
		return nil, &problem{http.StatusBadRequest, "InvalidParameterCombination", "The fake resets no whole groups."}
	}
	return c.changeParameters(true)
}

// changeParameters changes all or, where one of them is wrong, none.
func (c *rdsCall) changeParameters(reset bool) (any, *problem) {
	group, p := c.group()
	if p != nil {
		return nil, p
	}
	invalid := func(format string, args ...any) (any, *problem) {
		return nil, &problem{http.StatusBadRequest, "InvalidParameterValue", fmt.Sprintf(format, args...)}
	}
	if strings.HasPrefix(group.Name, "default.") || group.Busy {
		return nil, &problem{http.StatusBadRequest, "InvalidDBParameterGroupState", "The parameter group " + group.Name + " cannot be modified."}
	}
	changed := slices.Clone(group.Parameters)
	n := 0
	for i := 1; ; i++ {
		prefix := fmt.Sprintf("Parameters.Parameter.%d.", i)
		name := c.get(prefix + "ParameterName")
		if name == "" {
			break
		}
		n++
		at := slices.IndexFunc(changed, func(p Parameter) bool { return p.Name == name })
		method := c.get(prefix + "ApplyMethod")
		switch {
		case at < 0:
			return invalid("Could not find parameter with name: %s", name)
		case !changed[at].Modifiable:
			return invalid("The parameter %s cannot be modified.", name)
		case method != "immediate" && method != "pending-reboot":
			return invalid("ApplyMethod is missing.")
		case changed[at].Static && method == "immediate":
			return nil, &problem{http.StatusBadRequest, "InvalidParameterCombination", "cannot use immediate apply method for static parameter"}
		}
		changed[at].Method = method
		if reset {
			changed[at].Value, changed[at].Source = nil, "engine-default"
		} else {
			value := c.get(prefix + "ParameterValue")
			changed[at].Value, changed[at].Source = &value, "user"
		}
	}
	if n == 0 || n > maxParameters {
		return invalid("A request changes 1 to %d parameters.", maxParameters)
	}
	for i := range changed {
		if changed[i].Method == "pending-reboot" && group.Parameters[i].Method != "pending-reboot" {
			c.state.needReboot(c.region, group.Name)
		}
	}
	group.Parameters = changed
	return struct{ DBClusterParameterGroupName string }{group.Name}, nil
}

func (s *State) needReboot(region, group string) {
	for _, c := range s.Clusters {
		if c.Region == region && c.ParameterGroup == group {
			for _, m := range c.Members {
				m.ParameterStatus = "pending-reboot"
			}
		}
	}
}
