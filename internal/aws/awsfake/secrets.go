package awsfake

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Secret is one of Secrets Manager: a string, or bytes.
type Secret struct {
	Text   string
	Binary []byte
}

// SetSecret keeps a string under a name; a second one replaces it, as a rotation
// does.
func (s *Server) SetSecret(region, name, text string) {
	s.Do(func(st *State) { st.Secrets[region+"/"+name] = Secret{Text: text} })
}

// SecretARN is how a secret is named from elsewhere.
func SecretARN(region, name string) string {
	return "arn:aws:secretsmanager:" + region + ":" + Account + ":secret:" + name + "-AbCdEf"
}

func (s *Server) parseSecrets(r *http.Request, body []byte, region string) operation {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in struct{ SecretId string }
	bad := json.Unmarshal(body, &in)
	id := in.SecretId
	if arn, ok := strings.CutPrefix(id, "arn:aws:secretsmanager:"+region+":"+Account+":secret:"); ok {
		id = arn[:max(len(arn)-len("-AbCdEf"), 0)]
	}
	call := Call{Service: "secretsmanager", Operation: name, Action: "secretsmanager:" + name, Resource: SecretARN(region, id)}
	run := func() (answer, *problem) {
		if name != "GetSecretValue" || bad != nil {
			return answer{}, &problem{http.StatusBadRequest, "InvalidRequestException", "the fake only has GetSecretValue"}
		}
		secret, ok := s.state.Secrets[region+"/"+id]
		if !ok {
			return answer{}, &problem{http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."}
		}
		out := map[string]any{"ARN": SecretARN(region, id), "Name": id, "VersionId": "00000000-0000-4000-8000-000000000001", "VersionStages": []string{"AWSCURRENT"}}
		if secret.Binary != nil {
			out["SecretBinary"] = secret.Binary
		} else {
			out["SecretString"] = secret.Text
		}
		encoded, err := json.Marshal(out)
		if err != nil {
			return answer{}, &problem{http.StatusInternalServerError, "InternalServiceError", err.Error()}
		}
		return answer{status: 200, contentType: "application/x-amz-json-1.1", body: encoded}, nil
	}
	return operation{call: call, run: run, fail: jsonError}
}

func jsonError(p *problem) answer {
	body := []byte(`{"__type":` + strconv.Quote(p.code) + `,"message":` + strconv.Quote(p.message) + `}`)
	return answer{status: p.status, contentType: "application/x-amz-json-1.1", header: map[string]string{"X-Amzn-ErrorType": p.code}, body: body}
}

func (s *Server) parseSTS(body []byte) operation {
	form, _ := url.ParseQuery(string(body))
	name := form.Get("Action")
	run := func() (answer, *problem) {
		if name != "GetCallerIdentity" {
			return answer{}, &problem{http.StatusBadRequest, "InvalidAction", "the fake only has GetCallerIdentity"}
		}
		return queryAnswer(name, "https://sts.amazonaws.com/doc/2011-06-15/", "fake-sts", struct{ Arn, UserId, Account string }{
			"arn:aws:iam::" + Account + ":user/tandem", "AIDTANDEMTEST", Account}), nil
	}
	return operation{call: Call{Service: "sts", Operation: name, Action: "sts:" + name}, run: run, fail: queryError}
}
