package gcp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"google.golang.org/api/secretmanager/v1"

	"tandem/internal/cloud"
)

// Secrets reads Secret Manager.
func (c *Client) Secrets() cloud.Secrets { return secrets{c} }

type secrets struct{ client *Client }

// Read returns a secret's payload, as it is now. The reference is
// gcp://projects/P/secrets/N, with /versions/V for another version than the latest.
func (s secrets) Read(ctx context.Context, reference string) (string, error) {
	name, project, secret, err := parseSecret(reference)
	if err != nil {
		return "", err
	}
	service, err := serviceOf(s.client, &s.client.secrets, "/", secretmanager.NewService)
	if err != nil {
		return "", err
	}
	r := request{
		what:       "read secret " + reference,
		permission: "secretmanager.versions.access",
		grant: fmt.Sprintf("gcloud secrets add-iam-policy-binding %s --project=%s --member=MEMBER --role=roles/secretmanager.secretAccessor",
			secret, project),
		again: true,
	}
	answer, err := ask(ctx, s.client, r, func(ctx context.Context) (*secretmanager.AccessSecretVersionResponse, error) {
		return service.Projects.Secrets.Versions.Access(name).Context(ctx).Do()
	})
	if err != nil {
		return "", err
	}
	return payload(reference, answer.Payload)
}

// payload decodes a secret. Its errors never hold what they are about.
func payload(reference string, p *secretmanager.SecretPayload) (string, error) {
	if p == nil {
		return "", fmt.Errorf("read secret %s: it has no payload", reference)
	}
	data, err := base64.StdEncoding.DecodeString(p.Data)
	if err != nil {
		return "", fmt.Errorf("read secret %s: %w", reference, errPayload)
	}
	if p.DataCrc32c != 0 && int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))) != p.DataCrc32c {
		return "", fmt.Errorf("read secret %s: %w", reference, errPayload)
	}
	return string(data), nil
}

var (
	errPayload   = errors.New("what came is not what was sent: its checksum is another")
	errReference = errors.New("want gcp://projects/PROJECT/secrets/NAME, with /versions/VERSION for another than the latest")
)

// parseSecret returns the name of a version as the API wants it.
func parseSecret(reference string) (version, project, secret string, err error) {
	name, ok := strings.CutPrefix(reference, "gcp://")
	parts := strings.Split(name, "/")
	wrong := !ok || len(parts) != 4 && len(parts) != 6 || parts[0] != "projects" || parts[2] != "secrets" ||
		len(parts) == 6 && parts[4] != "versions"
	for _, p := range parts {
		wrong = wrong || p == "" || strings.ContainsAny(p, " ?#%:")
	}
	if wrong {
		return "", "", "", fmt.Errorf("secret %q: %w", reference, errReference)
	}
	if len(parts) == 4 {
		name += "/versions/latest"
	}
	return name, parts[1], parts[3], nil
}
