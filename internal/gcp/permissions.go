package gcp

import (
	"context"
	"slices"

	"google.golang.org/api/cloudresourcemanager/v1"
)

// Permissions tells which of these the identity has in a project. Everybody may
// ask that.
func (c *Client) Permissions(ctx context.Context, project string, permissions []string) ([]string, error) {
	s, err := serviceOf(c, &c.projects, "/", cloudresourcemanager.NewService)
	if err != nil {
		return nil, err
	}
	r := request{what: "ask for the permissions in project " + project, again: true}
	var granted []string
	// The cloud takes a hundred at a time.
	for some := range slices.Chunk(permissions, 100) {
		answer, err := ask(ctx, c, r, func(ctx context.Context) (*cloudresourcemanager.TestIamPermissionsResponse, error) {
			return s.Projects.TestIamPermissions(project, &cloudresourcemanager.TestIamPermissionsRequest{Permissions: some}).Context(ctx).Do()
		})
		if err != nil {
			return nil, err
		}
		granted = append(granted, answer.Permissions...)
	}
	return granted, nil
}
