package gcpfake

import (
	"crypto/md5" // what Cloud Storage tells of an object
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"

	"google.golang.org/api/storage/v1"
)

// blob is an object of Cloud Storage.
type blob struct {
	contentType string
	data        []byte
}

// Bucket makes a bucket.
func (s *Server) Bucket(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] == nil {
		s.buckets[name] = map[string]*blob{}
	}
}

// Object returns what is stored under a name.
func (s *Server) Object(bucket, name string) (contentType string, data []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[bucket][name]
	if b == nil {
		return "", nil, false
	}
	return b.contentType, slices.Clone(b.data), true
}

func (s *Server) insertObject(r *http.Request) (any, *refusal) {
	bucket := s.buckets[r.PathValue("bucket")]
	if bucket == nil {
		return nil, refuse(http.StatusNotFound, "notFound", "The specified bucket does not exist.")
	}
	object, b, err := parts(r)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "parseError", err.Error())
	}
	if r.URL.Query().Get("ifGenerationMatch") == "0" && bucket[object.Name] != nil {
		return nil, refuse(http.StatusPreconditionFailed, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
	}
	bucket[object.Name] = b
	return resource(r.PathValue("bucket"), object.Name, b), nil
}

// parts reads an upload: what the object is to be, and what is in it.
func parts(r *http.Request) (*storage.Object, *blob, error) {
	_, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, nil, err
	}
	m := multipart.NewReader(r.Body, parameters["boundary"])
	first, err := m.NextPart()
	if err != nil {
		return nil, nil, err
	}
	object := &storage.Object{}
	if err := json.NewDecoder(first).Decode(object); err != nil {
		return nil, nil, err
	}
	second, err := m.NextPart()
	if err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(second)
	return object, &blob{contentType: second.Header.Get("Content-Type"), data: data}, err
}

func resource(bucket, name string, b *blob) *storage.Object {
	sum := md5.Sum(b.data)
	return &storage.Object{
		Bucket: bucket, Name: name, ContentType: b.contentType, Size: uint64(len(b.data)),
		Md5Hash: base64.StdEncoding.EncodeToString(sum[:]), Generation: 1,
	}
}

func (s *Server) getObject(r *http.Request) (any, *refusal) {
	b := s.buckets[r.PathValue("bucket")][r.PathValue("object")]
	if b == nil {
		return nil, refuse(http.StatusNotFound, "notFound", "No such object.")
	}
	return resource(r.PathValue("bucket"), r.PathValue("object"), b), nil
}
