package awsfake

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"hash/crc32"
	"maps"
	"net/http"
	"strings"
)

// Object is one of a bucket.
type Object struct {
	ContentType string
	Data        []byte
	// Meta are the x-amz-meta-… headers, by the rest of their name.
	Meta map[string]string
}

// AddBucket adds a bucket without objects.
func (s *Server) AddBucket(name string) {
	s.Do(func(st *State) { st.Buckets[name] = map[string]Object{} })
}

func (s *Server) parseS3(r *http.Request, body []byte) operation {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	call := Call{Service: "s3", Operation: "Unknown", Action: "s3:Unknown", Resource: "arn:aws:s3:::" + bucket + "/" + key}
	run := func() (answer, *problem) {
		return answer{}, &problem{http.StatusMethodNotAllowed, "MethodNotAllowed", "the fake does not have this"}
	}
	switch r.Method {
	case http.MethodPut:
		call.Operation, call.Action = "PutObject", "s3:PutObject"
		run = func() (answer, *problem) { return s.putObject(r, bucket, key, body) }
	case http.MethodHead:
		call.Operation, call.Action = "HeadObject", "s3:GetObject"
		run = func() (answer, *problem) { return s.headObject(bucket, key) }
	}
	fail := s3Error
	if r.Method == http.MethodHead {
		// An answer to HEAD has no body to say it in.
		fail = func(p *problem) answer { return answer{status: p.status, contentType: "application/xml"} }
	}
	return operation{call: call, run: run, fail: fail}
}

func (s *Server) putObject(r *http.Request, bucket, key string, body []byte) (answer, *problem) {
	objects := s.state.Buckets[bucket]
	if objects == nil {
		return answer{}, &problem{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"}
	}
	if sum := r.Header.Get("X-Amz-Checksum-Crc32"); sum != "" && sum != base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body))) {
		return answer{}, &problem{http.StatusBadRequest, "BadDigest", "The CRC32 you specified did not match the calculated checksum."}
	}
	if _, there := objects[key]; there && r.Header.Get("If-None-Match") == "*" {
		return answer{}, &problem{http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"}
	}
	object := Object{ContentType: r.Header.Get("Content-Type"), Data: body, Meta: map[string]string{}}
	for name := range r.Header {
		if rest, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-meta-"); ok {
			object.Meta[rest] = r.Header.Get(name)
		}
	}
	objects[key] = object
	return answer{status: 200, contentType: "application/xml", header: map[string]string{"ETag": `"fake"`}}, nil
}

func (s *Server) headObject(bucket, key string) (answer, *problem) {
	object, ok := s.state.Buckets[bucket][key]
	if !ok {
		return answer{}, &problem{http.StatusNotFound, "NotFound", "Not Found"}
	}
	header := map[string]string{"ETag": `"fake"`}
	for name, value := range maps.All(object.Meta) {
		header["X-Amz-Meta-"+name] = value
	}
	return answer{status: 200, contentType: object.ContentType, header: header}, nil
}

func s3Error(p *problem) answer {
	body, err := xml.Marshal(struct {
		XMLName                  xml.Name `xml:"Error"`
		Code, Message, RequestId string
	}{Code: p.code, Message: p.message, RequestId: "fake-request"})
	if err != nil {
		body = nil
	}
	return answer{status: p.status, contentType: "application/xml", body: body}
}
