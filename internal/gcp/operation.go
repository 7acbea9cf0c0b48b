package gcp

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/api/sqladmin/v1"
)

// OperationError says that the cloud took an order on, and failed to carry it out.
type OperationError struct {
	// What was ordered of what; Operation is its name in the cloud.
	What, Operation string
	// Project is where gcloud finds it.
	Project string
	// Reasons are the cloud's own words.
	Reasons []string
}

func (e *OperationError) Error() string {
	reasons := strings.Join(e.Reasons, "; ")
	if reasons == "" {
		reasons = "it does not say why"
	}
	return fmt.Sprintf("%s: operation %s failed: %s", e.What, e.Operation, reasons)
}

// Hint says what to type next.
func (e *OperationError) Hint() string {
	return fmt.Sprintf("gcloud sql operations describe %s --project=%s", e.Operation, e.Project)
}

// settle returns once an operation is done, with an error if it failed. look, if
// there is one, is called at every look at it.
func (c *Client) settle(ctx context.Context, i instance, what string, o *sqladmin.Operation, look func()) error {
	s, err := c.sqladmin()
	if err != nil {
		return err
	}
	name := o.Name
	r := i.on("wait for operation "+name+" of", "cloudsql.instances.get", roleViewer, true)
	for pause := (pauses{}); o.Status != "DONE"; {
		if look != nil {
			look()
		}
		if err := c.options.Wait(ctx, pause.next(nil)); err != nil {
			return &Error{What: fmt.Sprintf("%s: %s (%s)", r.what, what, strings.ToLower(o.Status)), Err: err}
		}
		o, err = ask(ctx, c, r, func(ctx context.Context) (*sqladmin.Operation, error) {
			return s.Operations.Get(i.project, name).Context(ctx).Do()
		})
		if err != nil {
			return err
		}
	}
	if o.Error == nil || len(o.Error.Errors) == 0 {
		return nil
	}
	failed := &OperationError{What: what, Operation: name, Project: i.project}
	for _, e := range o.Error.Errors {
		failed.Reasons = append(failed.Reasons, strings.TrimSpace(e.Code+" "+e.Message))
	}
	return failed
}

// underWay returns the operations of a type that an instance has not finished.
func (c *Client) underWay(ctx context.Context, i instance, kind string) ([]*sqladmin.Operation, error) {
	s, err := c.sqladmin()
	if err != nil {
		return nil, err
	}
	r := i.on("list the operations of", "cloudsql.instances.get", roleViewer, true)
	list, err := ask(ctx, c, r, func(ctx context.Context) (*sqladmin.OperationsListResponse, error) {
		return s.Operations.List(i.project).Instance(i.name).MaxResults(50).Context(ctx).Do()
	})
	if err != nil {
		return nil, err
	}
	var open []*sqladmin.Operation
	for _, o := range list.Items {
		if o.Status != "DONE" && o.OperationType == kind {
			open = append(open, o)
		}
	}
	return open, nil
}
