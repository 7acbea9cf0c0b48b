package gcpfake

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"google.golang.org/api/sqladmin/v1"
)

// connectSettings is what the connector asks before it dials.
func (s *Server) connectSettings(r *http.Request) (any, *refusal) {
	i, no := s.at(r)
	if no != nil {
		return nil, no
	}
	d := i.resource
	settings := &sqladmin.ConnectSettings{
		BackendType: d.BackendType, DatabaseVersion: d.DatabaseVersion, Region: d.Region, IpAddresses: d.IpAddresses,
		ServerCaCert: d.ServerCaCert, ServerCaMode: "GOOGLE_MANAGED_INTERNAL_CA",
	}
	if p := d.Settings.IpConfiguration.PscConfig; p != nil && p.PscEnabled {
		settings.PscEnabled, settings.DnsName = true, d.DnsName
	}
	return settings, nil
}

// serveCertificate answers generateEphemeralCert. Which permissions that needs
// depends on whether a token for IAM authentication comes along.
func (s *Server) serveCertificate(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever asked is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	permissions := []string{"cloudsql.instances.connect"}
	if bytes.Contains(body, []byte(`"access_token"`)) {
		permissions = append(permissions, "cloudsql.instances.login")
	}
	s.serve(w, r, endpoint{api: "sql.connect.generateEphemeralCert", permissions: permissions, answer: s.certificate})
}

func (s *Server) certificate(r *http.Request) (any, *refusal) {
	i, no := s.at(r)
	if no != nil {
		return nil, no
	}
	body, no := read[sqladmin.GenerateEphemeralCertRequest](r)
	if no != nil {
		return nil, no
	}
	cert, err := s.pki.client(body.PublicKey)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid", err.Error())
	}
	if body.AccessToken != "" {
		i.logins++
	}
	return &sqladmin.GenerateEphemeralCertResponse{EphemeralCert: &sqladmin.SslCert{
		Cert: cert, CommonName: "Google Cloud SQL Client", Instance: i.name,
		CreateTime:     time.Now().UTC().Format(time.RFC3339),
		ExpirationTime: time.Now().UTC().Add(12 * time.Hour).Format(time.RFC3339),
	}}, nil
}
