package gcp

import (
	"bytes"
	"context"
	"crypto/md5" // what Cloud Storage tells of an object
	"encoding/base64"
	"errors"
	"fmt"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/storage/v1"

	"tandem/internal/cloud"
)

// Store writes objects of Cloud Storage, once.
func (c *Client) Store() cloud.Store { return store{c} }

type store struct{ client *Client }

// Create writes an object, if there is none of that name.
func (s store) Create(ctx context.Context, bucket, name, contentType string, data []byte) error {
	service, err := serviceOf(s.client, &s.client.storage, "/storage/v1/", storage.NewService)
	if err != nil {
		return err
	}
	tried := 0
	r := request{
		what:       fmt.Sprintf("create gs://%s/%s", bucket, name),
		permission: "storage.objects.create",
		grant:      fmt.Sprintf("gcloud storage buckets add-iam-policy-binding gs://%s --member=MEMBER --role=roles/storage.objectCreator", bucket),
		again:      true, // what is there is not written again
	}
	_, err = ask(ctx, s.client, r, func(ctx context.Context) (*storage.Object, error) {
		tried++
		// In one piece: the SDK's own repeats are not bounded by attempts.
		return service.Objects.Insert(bucket, &storage.Object{Name: name, ContentType: contentType}).
			IfGenerationMatch(0).Media(bytes.NewReader(data), googleapi.ContentType(contentType), googleapi.ChunkSize(0)).
			Context(ctx).Do()
	})
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, cloud.ErrStale): // the precondition is that there is none
		return err
	case tried > 1 && s.same(ctx, service, bucket, name, data):
		return nil // by an attempt whose answer was lost
	}
	return fmt.Errorf("create gs://%s/%s: %w", bucket, name, cloud.ErrExists)
}

// same tells whether an object is there and holds just that.
func (s store) same(ctx context.Context, service *storage.Service, bucket, name string, data []byte) bool {
	r := request{what: fmt.Sprintf("look at gs://%s/%s", bucket, name), permission: "storage.objects.get", again: true}
	object, err := ask(ctx, s.client, r, func(ctx context.Context) (*storage.Object, error) {
		return service.Objects.Get(bucket, name).Fields("md5Hash").Context(ctx).Do()
	})
	sum := md5.Sum(data)
	return err == nil && object.Md5Hash == base64.StdEncoding.EncodeToString(sum[:])
}
