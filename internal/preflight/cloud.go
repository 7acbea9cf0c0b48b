package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tandem/internal/cloud"
)

// Cloud is what the interfaces of the cloud that runs a server tell of it, beside
// what the server says itself. Whoever loads it fills in what it could get.
type Cloud struct {
	// Instance is set for Cloud SQL, with its users and the flags that it knows.
	Instance *cloud.Instance
	Users    []cloud.User
	Flags    []cloud.Flag
	// Cluster is set for Aurora, with the parameters of its group.
	Cluster    *cloud.Cluster
	Parameters []cloud.Parameter
	// Backups are the latest backups or snapshots.
	Backups []cloud.Backup
	// Lacking are permissions that tandem's identity was found not to have.
	Lacking []Permission
	// Unread is what could not be asked.
	Unread []Unread
}

// Permission is one in the cloud's own words, such as cloudsql.instances.get or
// rds:DescribeDBClusters.
type Permission struct {
	Name string
	// For says what it is for: "to take backups".
	For string
	// Optional is set for what only some plans need.
	Optional bool
}

// Unread is something that a cloud did not tell.
type Unread struct {
	// What is one of the names below.
	What string
	Err  error
}

// What may be unread.
const (
	ReadInstance   = "the instance"
	ReadFlags      = "the flags"
	ReadUsers      = "the users"
	ReadBackups    = "the backups"
	ReadCluster    = "the cluster"
	ReadParameters = "the parameters"
)

// Path is how a server is reached.
type Path struct {
	// Host is what the configuration names, empty where it names none.
	Host string
	// Local is set for a server on this machine, Tunnel where a connector encrypts.
	Local, Tunnel bool
	// Unverified is set where the server's certificate is not looked at.
	Unverified bool
}

func (v *server) instance() *cloud.Instance {
	if v.cloud == nil {
		return nil
	}
	return v.cloud.Instance
}

func (v *server) cluster() *cloud.Cluster {
	if v.cloud == nil {
		return nil
	}
	return v.cloud.Cluster
}

// unread returns why something could not be asked, nil where it was.
func (v *server) unread(what string) error {
	if v.cloud != nil {
		for _, u := range v.cloud.Unread {
			if u.What == what {
				return u.Err
			}
		}
	}
	return nil
}

// parameter returns one of the cluster's parameter group.
func (v *server) parameter(name string) (cloud.Parameter, bool) {
	if v.cloud != nil {
		for _, p := range v.cloud.Parameters {
			if strings.EqualFold(strings.ReplaceAll(p.Name, "-", "_"), name) {
				return p, true
			}
		}
	}
	return cloud.Parameter{}, false
}

// ready tells whether a backup can be restored from.
func ready(b cloud.Backup) bool {
	return b.Done && (strings.EqualFold(b.Status, "SUCCESSFUL") || strings.EqualFold(b.Status, "available"))
}

// gcloud writes a gcloud command about an instance.
func gcloud(i *cloud.Instance, command, options string) string {
	text := "gcloud sql " + command + " " + i.Name
	if i.Project != "" {
		text += " --project=" + i.Project
	}
	if options != "" {
		text += " " + options
	}
	return text
}

// setFlag sets a database flag. The command replaces the whole list, so it names
// what is set already.
func setFlag(i *cloud.Instance, name, value string) string {
	flags := maps.Clone(i.Flags)
	if flags == nil {
		flags = map[string]string{}
	}
	flags[name] = value
	var list []string
	for _, n := range slices.Sorted(maps.Keys(flags)) {
		list = append(list, n+"="+flags[n])
	}
	text := strings.Join(list, ",")
	if strings.Count(text, ",") >= len(list) { // a value has a comma
		text = "^;^" + strings.Join(list, ";")
	}
	return gcloud(i, "instances patch", "--database-flags='"+strings.ReplaceAll(text, "'", `'\''`)+"'")
}

// aws writes an aws command about a cluster.
func aws(c *cloud.Cluster, command string) string {
	text := "aws rds " + command
	if c.Region != "" {
		text += " --region " + c.Region
	}
	return text
}

// setParameter sets parameters of the cluster's parameter group: name, value, and
// so on.
func (v *server) setParameter(names ...string) string {
	c := v.cluster()
	if strings.HasPrefix(c.ParameterGroup, "default.") {
		own := c.ID + "-tandem"
		return fmt.Sprintf("the cluster uses the group %s, which can not be changed: give it one of its own first (%s --db-cluster-parameter-group-name %s "+
			"--db-parameter-group-family %s --description tandem; %s --db-cluster-identifier %s --db-cluster-parameter-group-name %s --apply-immediately), then %s",
			c.ParameterGroup, aws(c, "create-db-cluster-parameter-group"), own, strings.TrimPrefix(c.ParameterGroup, "default."),
			aws(c, "modify-db-cluster"), c.ID, own, v.modifyGroup(own, names))
	}
	return v.modifyGroup(c.ParameterGroup, names)
}

func (v *server) modifyGroup(group string, names []string) string {
	c := v.cluster()
	var parameters, fixed []string
	static := false
	for i := 0; i+1 < len(names); i += 2 {
		p, known := v.parameter(names[i])
		name, method := names[i], "pending-reboot"
		if known {
			name = p.Name
		}
		if known && !p.Modifiable {
			fixed = append(fixed, name)
			continue
		}
		if known && !p.Static {
			method = "immediate"
		} else {
			static = true
		}
		parameters = append(parameters, fmt.Sprintf("ParameterName=%s,ParameterValue=%s,ApplyMethod=%s", name, names[i+1], method))
	}
	refused := ""
	if len(fixed) > 0 {
		refused = fmt.Sprintf("this engine version does not let one change %s: use another, or ask AWS", strings.Join(fixed, ", "))
	}
	if len(parameters) == 0 {
		return refused
	}
	text := fmt.Sprintf("%s --db-cluster-parameter-group-name %s --parameters %s", aws(c, "modify-db-cluster-parameter-group"), group, strings.Join(parameters, " "))
	if refused != "" {
		text += "; " + refused
	}
	if static {
		text += "; " + v.reboot()
	}
	return text
}

// reboot writes the command that restarts the writer.
func (v *server) reboot() string {
	c := v.cluster()
	member := "WRITER"
	if w := c.WriterMember(); w != nil {
		member = w.ID
	}
	return aws(c, "reboot-db-instance") + " --db-instance-identifier " + member
}
