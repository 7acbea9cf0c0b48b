package gcp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/cloud"
)

// Users tells the database users that the admin API knows: all but the cloud's own.
func (c *Client) Users(ctx context.Context, connectionName string) ([]cloud.User, error) {
	i, err := parse(connectionName)
	if err != nil {
		return nil, err
	}
	s, err := c.sqladmin()
	if err != nil {
		return nil, err
	}
	r := i.on("list the users of", "cloudsql.users.list", roleViewer, true)
	list, err := ask(ctx, c, r, func(ctx context.Context) (*sqladmin.UsersListResponse, error) {
		return s.Users.List(i.project, i.name).Context(ctx).Do()
	})
	if err != nil {
		return nil, err
	}
	var users []cloud.User
	for _, u := range list.Items {
		kind := u.Type
		if kind == "" {
			kind = "BUILT_IN"
		}
		users = append(users, cloud.User{Name: u.Name, Host: u.Host, Kind: kind, Roles: u.DatabaseRoles})
	}
	return users, nil
}

// SetUserRoles gives a user exactly these roles, in place of those it has. A user
// that the cloud made without naming roles has cloudsqlsuperuser, which SQL can
// not take away.
func (c *Client) SetUserRoles(ctx context.Context, connectionName string, u cloud.User) error {
	i, err := parse(connectionName)
	if err != nil {
		return err
	}
	if len(u.Roles) == 0 {
		// Without roles the cloud gives all of them.
		return fmt.Errorf("set the roles of %s@%s on %s: none are named, and that stands for cloudsqlsuperuser", u.Name, u.Host, connectionName)
	}
	s, err := c.sqladmin()
	if err != nil {
		return err
	}
	what := fmt.Sprintf("set the roles of %s@%s to %s on", u.Name, u.Host, strings.Join(u.Roles, ", "))
	r := i.on(what, "cloudsql.users.update", roleSQLAdmin, true) // asked for twice it is the same
	o, err := ask(ctx, c, r, func(ctx context.Context) (*sqladmin.Operation, error) {
		return s.Users.Update(i.project, i.name, &sqladmin.User{}).Name(u.Name).Host(u.Host).
			DatabaseRoles(slices.Clone(u.Roles)...).RevokeExistingRoles(true).Context(ctx).Do()
	})
	if err != nil {
		return err
	}
	return c.settle(ctx, i, r.what, o, nil)
}
