package gcpfake

import (
	"encoding/base64"
	"encoding/json"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/api/secretmanager/v1"
)

// Secret adds a version of a secret, named projects/P/secrets/N.
func (s *Server) Secret(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name] = append(s.secrets[name], value)
}

func (s *Server) accessSecret(r *http.Request) (any, *refusal) {
	version, verb, _ := strings.Cut(r.PathValue("version"), ":")
	versions := s.secrets["projects/"+r.PathValue("project")+"/secrets/"+r.PathValue("secret")]
	n := len(versions)
	if version != "latest" {
		n, _ = strconv.Atoi(version)
	}
	if verb != "access" || n < 1 || n > len(versions) {
		return nil, refuse(http.StatusNotFound, "notFound", "Secret Version not found.")
	}
	data := []byte(versions[n-1])
	return &secretmanager.AccessSecretVersionResponse{Payload: &secretmanager.SecretPayload{
		Data:       base64.StdEncoding.EncodeToString(data),
		DataCrc32c: int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))),
	}}, nil
}

// testPermissions answers which of the permissions the client has: all but those
// of Deny.
func (s *Server) testPermissions(r *http.Request) (any, *refusal) {
	if !strings.HasSuffix(r.PathValue("project"), ":testIamPermissions") {
		return nil, gone
	}
	var body struct {
		Permissions []string `json:"permissions"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, refuse(http.StatusBadRequest, "parseError", err.Error())
	}
	if len(body.Permissions) > 100 {
		return nil, refuse(http.StatusBadRequest, "badRequest", "at most 100 permissions")
	}
	granted := []string{}
	for _, p := range body.Permissions {
		if !s.denied[p] {
			granted = append(granted, p)
		}
	}
	return map[string]any{"permissions": granted}, nil
}
