package awsfake

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// scope is what a signature is good for.
type scope struct{ region, service string }

// maxSkew is how far the clocks may be apart.
const maxSkew = 15 * time.Minute

// checkSignature makes the signature once more, of what arrived, and compares.
func checkSignature(r *http.Request, body []byte) (scope, *problem) {
	refuse := func(code, message string) *problem {
		return &problem{status: http.StatusForbidden, code: code, message: message}
	}
	header, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return scope{}, refuse("MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	fields := map[string]string{}
	for field := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	// KEY/20060102/REGION/SERVICE/aws4_request
	parts := strings.Split(fields["Credential"], "/")
	if len(parts) != 5 || parts[4] != "aws4_request" {
		return scope{}, refuse("IncompleteSignature", "Credential must have exactly 5 slash-delimited elements")
	}
	sc := scope{region: parts[2], service: parts[3]}
	if parts[0] != AccessKey {
		return sc, refuse("InvalidClientTokenId", "The security token included in the request is invalid")
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return sc, refuse("IncompleteSignature", "X-Amz-Date is missing")
	}
	if time.Since(at).Abs() > maxSkew {
		return sc, refuse("RequestExpired", "Request has expired")
	}
	if got := r.Header.Get("X-Amz-Content-Sha256"); sc.service == "s3" && got != hashOf(body) {
		return sc, refuse("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed")
	}
	again, err := sign(r, body, strings.Split(fields["SignedHeaders"], ";"), sc, at)
	if err != nil || !strings.HasSuffix(again, "Signature="+fields["Signature"]) {
		return sc, refuse("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided")
	}
	return sc, nil
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func sign(r *http.Request, body []byte, signed []string, sc scope, at time.Time) (string, error) {
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.URL.RequestURI(), io.NopCloser(strings.NewReader(string(body))))
	if err != nil {
		return "", err
	}
	again.ContentLength = -1
	for name, values := range r.Header {
		lower := strings.ToLower(name)
		if lower == "content-length" {
			again.ContentLength = int64(len(body))
		} else if slices.Contains(signed, lower) {
			again.Header[name] = values
		}
	}
	if slices.Contains(signed, "content-length") {
		again.ContentLength = int64(len(body))
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = sc.service == "s3" })
	err = signer.SignHTTP(r.Context(), sdk.Credentials{AccessKeyID: AccessKey, SecretAccessKey: SecretKey}, again, hashOf(body), sc.service, sc.region, at)
	return again.Header.Get("Authorization"), err
}
