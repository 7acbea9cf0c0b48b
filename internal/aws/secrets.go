package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"tandem/internal/cloud"
)

// scheme begins every reference to a secret.
const scheme = "aws://"

type secrets struct{ client *Client }

// Secrets reads from Secrets Manager: aws://REGION/NAME, aws://ARN, both with an
// optional #KEY of a JSON document. Without a key, the password of the document that
// RDS writes is read, or else the whole string.
func (c *Client) Secrets() cloud.Secrets { return secrets{client: c} }

// Reference names a secret.
type Reference struct{ Region, ID, Key string }

// ParseReference reads an aws:// reference.
func ParseReference(text string) (Reference, error) {
	rest, ok := strings.CutPrefix(text, scheme)
	bad := func() (Reference, error) {
		return Reference{}, fmt.Errorf("secret %s: want aws://REGION/NAME or aws://ARN, with #KEY for one value of a JSON document", text)
	}
	if !ok {
		return bad()
	}
	id, key, hasKey := strings.Cut(rest, "#")
	if hasKey && key == "" {
		return bad()
	}
	if strings.HasPrefix(id, "arn:") {
		parts := strings.SplitN(id, ":", 7)
		if len(parts) != 7 || parts[2] != "secretsmanager" || parts[3] == "" || parts[5] != "secret" || parts[6] == "" {
			return bad()
		}
		return Reference{Region: parts[3], ID: id, Key: key}, nil
	}
	region, name, ok := strings.Cut(id, "/")
	if !ok || region == "" || name == "" {
		return bad()
	}
	return Reference{Region: region, ID: name, Key: key}, nil
}

// Read implements cloud.Secrets. No error of it holds anything of the secret.
func (s secrets) Read(ctx context.Context, reference string) (string, error) {
	ref, err := ParseReference(reference)
	if err != nil {
		return "", err
	}
	client, err := s.client.secretsIn(ctx, ref.Region)
	if err != nil {
		return "", fmt.Errorf("read secret %s: %w", reference, err)
	}
	ask := request{op: "read secret " + reference, action: "secretsmanager:GetSecretValue", resource: ref.arn()}
	out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &ref.ID})
	if err != nil {
		return "", ask.fail(ctx, err)
	}
	if out.SecretString == nil {
		return "", fmt.Errorf("read secret %s: it is binary; tandem reads text: store a string or a JSON document", reference)
	}
	value, err := pick(sdk.ToString(out.SecretString), ref.Key)
	if err != nil {
		return "", fmt.Errorf("read secret %s: %w", reference, err)
	}
	return value, nil
}

// arn is what a policy would name; Secrets Manager adds six characters to a name.
func (r Reference) arn() string {
	if strings.HasPrefix(r.ID, "arn:") {
		return r.ID
	}
	return fmt.Sprintf("arn:aws:secretsmanager:%s:*:secret:%s-??????", r.Region, r.ID)
}

// pick takes one value of a secret. Errors of the JSON decoder are not passed on:
// they quote what they read.
func pick(text, key string) (string, error) {
	var document map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	isDocument := decoder.Decode(&document) == nil && document != nil && !decoder.More()
	switch {
	case key != "" && !isDocument:
		return "", fmt.Errorf("#%s asks for a value of a JSON document, and it is none", key)
	case key == "" && !isDocument:
		if text == "" {
			return "", errors.New("it is empty")
		}
		return text, nil
	case key == "":
		if password, ok := document["password"].(string); ok && password != "" {
			return password, nil
		}
		return "", fmt.Errorf("it is a JSON document without a password; name one of its keys behind #: %s", keys(document))
	}
	switch value := document[key].(type) {
	case string:
		if value != "" {
			return value, nil
		}
		return "", fmt.Errorf("its key %s is empty", key)
	case json.Number:
		return value.String(), nil
	case nil:
		return "", fmt.Errorf("it has no key %s; there are: %s", key, keys(document))
	}
	return "", fmt.Errorf("its key %s is neither a string nor a number", key)
}

func keys(document map[string]any) string {
	if len(document) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(document)), ", ")
}
