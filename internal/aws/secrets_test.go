package aws_test

import (
	"fmt"
	"strings"
	"testing"

	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

func TestSecrets(t *testing.T) {
	t.Parallel()
	fake := awsfake.New(t)
	fake.SetSecret("eu-west-1", "plain", "pl4nted value")
	fake.SetSecret("eu-west-1", "prod/rds", `{"username":"tandem","password":"pl4nted","port":3306,"nested":{"a":1},"empty":""}`)
	fake.SetSecret("eu-west-1", "other", `{"api":"pl4nted"}`)
	fake.SetSecret("eu-west-1", "number", `4711`)
	fake.SetSecret("eu-west-1", "broken", `{"password": pl4nted`)
	fake.SetSecret("eu-west-1", "nothing", ``)
	fake.SetSecret("us-east-1", "plain", "over there")
	fake.Do(func(s *awsfake.State) { s.Secrets["eu-west-1/bytes"] = awsfake.Secret{Binary: []byte("pl4nted")} })
	client := fake.Client(t)
	for reference, want := range map[string]string{
		"aws://eu-west-1/plain":                                         "pl4nted value",
		"aws://us-east-1/plain":                                         "over there",
		"aws://eu-west-1/prod/rds":                                      "pl4nted",
		"aws://eu-west-1/prod/rds#username":                             "tandem",
		"aws://eu-west-1/prod/rds#port":                                 "3306",
		"aws://eu-west-1/other#api":                                     "pl4nted",
		"aws://eu-west-1/number":                                        "4711",
		"aws://eu-west-1/broken":                                        `{"password": pl4nted`,
		"aws://" + awsfake.SecretARN("eu-west-1", "prod/rds"):           "pl4nted",
		"aws://" + awsfake.SecretARN("eu-west-1", "prod/rds") + "#port": "3306",
	} {
		if got, err := client.Secrets().Read(t.Context(), reference); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", reference, got, err, want)
		}
	}
	for reference, word := range map[string]string{
		"aws://eu-west-1/bytes":              "binary",
		"aws://eu-west-1/other":              "without a password; name one of its keys behind #: api",
		"aws://eu-west-1/other#nokey":        "no key nokey; there are: api",
		"aws://eu-west-1/plain#key":          "it is none",
		"aws://eu-west-1/broken#password":    "it is none",
		"aws://eu-west-1/prod/rds#nested":    "neither a string nor a number",
		"aws://eu-west-1/prod/rds#empty":     "is empty",
		"aws://eu-west-1/nothing":            "is empty",
		"aws://eu-west-1":                    "want aws://REGION/NAME",
		"aws:///name":                        "want aws://REGION/NAME",
		"aws://eu-west-1/name#":              "want aws://REGION/NAME",
		"gcp://projects/p/secrets/n":         "want aws://REGION/NAME",
		"aws://arn:aws:rds:eu-west-1:1:db:x": "want aws://REGION/NAME",
	} {
		_, err := client.Secrets().Read(t.Context(), reference)
		requireError(t, err, nil, reference, word)
		if err != nil && strings.Contains(err.Error(), "pl4nted") {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
	_, err := client.Secrets().Read(t.Context(), "aws://eu-west-1/gone")
	requireError(t, err, cloud.ErrNotFound, "aws://eu-west-1/gone")
}

func TestSecretIsReadAsOfNow(t *testing.T) {
	t.Parallel()
	fake := awsfake.New(t)
	client := fake.Client(t)
	for _, want := range []string{"first", "second"} {
		fake.SetSecret("eu-west-1", "rotated", want)
		if got, err := client.Secrets().Read(t.Context(), "aws://eu-west-1/rotated"); err != nil || got != want {
			t.Errorf("read %q (%v), want %q", got, err, want)
		}
	}
}

// Not even an answer that is cut in the middle of the secret is quoted.
func TestSecretInHalfAnAnswer(t *testing.T) {
	t.Parallel()
	fake := awsfake.New(t)
	fake.SetSecret("eu-west-1", "plain", strings.Repeat("pl4nted", 100))
	fake.Fail(awsfake.Fault{Kind: awsfake.CutInside, Times: -1})
	_, err := fake.Client(t).Secrets().Read(t.Context(), "aws://eu-west-1/plain")
	requireError(t, err, nil, "read secret aws://eu-west-1/plain")
	for _, format := range []string{"%v", "%+v", "%#v", "%q"} {
		if text := fmt.Sprintf(format, err); strings.Contains(text, "pl4nted") {
			t.Errorf("%s tells the secret: %s", format, text)
		}
	}
}
